"""Lists that are stored as words with commas between them: scenarios are ticked, languages are checked."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import CharField, Field
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from chatbot.models import Scenario

_CODE: Final = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)


class ListedScenarios(forms.MultipleChoiceField):
    """Ticked; stored as `order, return`. What is no scenario of ours matches nothing, so it is not shown again."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def prepare_value(self, value: Any) -> Any:
        return _listed(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> Any:
        return ", ".join(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def refuse_what_is_no_language(text: str) -> None:
    """Raises `ValidationError` that names the words: “english” would match no message, and nobody would notice."""
    wrong = [word for word in _listed(text) if not _CODE.fullmatch(word)]
    if wrong:
        words = ", ".join(word[:40] for word in wrong[:5])
        raise ValidationError(_("%(words)s is no code of a language; write en, zh or pt-br.") % {"words": words})


class ListedChoice:
    """Beside a ModelAdmin: its `scenarios` and `languages` that are one text each."""

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scenarios" and isinstance(db_field, CharField):
            return ListedScenarios(
                label=capfirst(db_field.verbose_name),
                required=False,
                choices=Scenario.choices,
                help_text=_("None chosen: any."),
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if db_field.name == "languages" and isinstance(db_field, CharField) and field is not None:
            field.validators.append(refuse_what_is_no_language)
        return field


def _listed(text: str) -> list[str]:
    return [word for word in (piece.strip() for piece in text.replace("，", ",").split(",")) if word]
