"""For whom something is, as people write it: tiers with commas, attributes a line each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from knowledge.storable import storable_text


class AttributesField(forms.CharField):
    """`country = de` on a line of its own, as {"country": "de"}."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "country = de"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name} = {text}" for name, text in sorted(value.items()))
        return value

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]  # not a text, on purpose
        attributes: dict[str, str] = {}
        for number, line in enumerate(storable_text(str(value or "")).splitlines(), start=1):
            name, equals, text = (part.strip() for part in line.partition("="))
            if not line.strip():
                continue
            if not equals or not name or not text:
                # A condition that is misspelt must not open the text to everybody.
                raise forms.ValidationError(
                    _("Line %(number)d must look like: country = de"), params={"number": number}, code="attributes"
                )
            attributes[name] = text
        return attributes

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


def audience_in_words(tiers: Sequence[str], attributes: Mapping[str, str]) -> str:
    """ "gold, silver, country=de"; "everybody" where nothing is asked."""
    conditions = [f"{name}={value}" for name, value in sorted(attributes.items())]
    return ", ".join([*tiers, *conditions]) or str(_("everybody"))
