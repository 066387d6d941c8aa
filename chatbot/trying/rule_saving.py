"""Writing rules past a gate: what a save makes of the rules in force is one change, tried and gated as any other.

Whichever door writes (a form, a list, an action, a file), the rules before and after are compared.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from chatbot.errors import GateNotPassed
from chatbot.models import ChangeKind, TriggerRule, WordRule
from chatbot.trying.change import Change
from chatbot.trying.gates import is_guarded, refuse_ungated

#: Rules that one trial may change: they travel in an address.
CHANGED_MAX: Final = 20
#: What of a rule decides nothing.
_ASIDE: Final = frozenset({"id", "note", "owner_id", "group_id", "is_on", "created_at"})

Values = Mapping[str, Any]  #: a row's fields, as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The rules that decide now, by the ids of their rows."""

    words: Mapping[int, Values]
    triggers: Mapping[int, Values]


@contextmanager
def saving_rules(subject: str) -> Iterator[None]:
    """Around whatever writes rules. Raises `GateNotPassed` where a gate keeps the result back: nothing is written."""
    if not is_guarded(ChangeKind.RULES):
        yield
        return
    with transaction.atomic():
        before = in_force()
        yield
        change = difference(before, in_force())
        if change is not None:
            _refuse_too_many(change)
            refuse_ungated(change, subject=subject)


def in_force() -> InForce:
    words = WordRule.objects.filter(Q(group__isnull=True) | Q(group__is_on=True), is_on=True)
    return InForce(words=_values(words), triggers=_values(TriggerRule.objects.filter(is_on=True)))


def difference(before: InForce, after: InForce) -> Change | None:
    """What turns the rules of `before` into those of `after`; None where they decide alike.

    A rule that did not decide before has the id 0: whoever writes it again may give it another.
    """
    words, triggers = (before.words, after.words), (before.triggers, after.triggers)
    payload: dict[str, dict[str, list[Any]]] = {
        "gone": {"words": _gone(*words), "triggers": _gone(*triggers)},
        "set": {"words": _set(*words), "triggers": _set(*triggers)},
    }
    if not any([*payload["gone"].values(), *payload["set"].values()]):
        return None
    return Change(kind=ChangeKind.RULES, payload=payload)


def row_of(model: type[models.Model], values: Values) -> Any:
    """The row that has these values, not stored. Raises `ValidationError` and `KeyError` where they cannot be read."""
    fields = {field.attname: field for field in model._meta.concrete_fields if field.attname not in _ASIDE}
    return model(**{name: field.to_python(values[name]) for name, field in fields.items()})


def _values(rows: "models.QuerySet[Any]") -> dict[int, Values]:
    names = [field.attname for field in rows.model._meta.concrete_fields if field.attname not in _ASIDE]
    return {
        row.pop("pk"): json.loads(json.dumps(row, cls=DjangoJSONEncoder))
        for row in rows.order_by("pk").values("pk", *names)
    }


def _gone(before: Mapping[int, Values], after: Mapping[int, Values]) -> list[int]:
    return sorted(before.keys() - after.keys())


def _set(before: Mapping[int, Values], after: Mapping[int, Values]) -> list[tuple[int, Values]]:
    return [
        (number if number in before else 0, values) for number, values in after.items() if before.get(number) != values
    ]


def _refuse_too_many(change: Change) -> None:
    count = sum(len(rows) for part in change.payload.values() for rows in part.values())
    if count > CHANGED_MAX:
        raise GateNotPassed(
            _(
                "A gate guards the rules, and at most %(limit)d of them can be tried at once; this changes %(count)d. "
                "Do it in parts, or switch the gate off for it."
            )
            % {"limit": CHANGED_MAX, "count": count},
            address=reverse("admin:chatbot_gate_changelist"),
        )
