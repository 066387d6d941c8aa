"""The columns of an exported result, declared once: name, kind and where it comes from.

No name, no address and no message is among them; the remark to a rating is masked by the team's own rules.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.models import ConversationOutcome
from chatbot.personal_data import masking_policy
from chatbot.rules.masking.masker import masker_for


class Kind(StrEnum):
    NUMBER = "number"  #: a whole one
    DECIMAL = "decimal"
    YES_NO = "yes or no"
    TEXT = "text"
    TIME = "time"  #: with its zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    kind: Kind
    meaning: str | Promise


_KINDS: Final[Mapping[type, Kind]] = {
    models.BooleanField: Kind.YES_NO,
    models.CharField: Kind.TEXT,
    models.DateTimeField: Kind.TIME,
    models.FloatField: Kind.DECIMAL,
    models.IntegerField: Kind.NUMBER,
    models.SmallIntegerField: Kind.NUMBER,
    models.BigIntegerField: Kind.NUMBER,
    models.JSONField: Kind.TEXT,
}
#: What steers the counting, and says nothing of the conversation.
_INNER: Final = frozenset({"conversation", "settles_at"})

#: A column of a result is a column of its export: what is added there is exported without a word here.
_OF_RESULT: Final = tuple(
    Column(name=field.name, kind=_KINDS[type(field)], meaning=field.verbose_name)
    for field in ConversationOutcome._meta.concrete_fields
    if field.name not in _INNER and type(field) in _KINDS
)
_OWN: Final = (
    Column(name="conversation", kind=Kind.NUMBER, meaning=_("number of the conversation; rows come in its order")),
    Column(name="external_id", kind=Kind.TEXT, meaning=_("conversation's id in Intercom")),
)
_REMARK: Final = Column(name="rating_remark", kind=Kind.TEXT, meaning=_("remark to the rating, personal data masked"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Columns that stand in other tables than the result's own; read for a batch of conversations at once."""

    columns: tuple[Column, ...]
    #: Numbers of conversations -> number -> name -> value; what is left out is empty.
    read: Callable[[Sequence[int]], Mapping[int, Mapping[str, Any]]]


#: Filled by whoever has something to add, when the app is ready.
ADDITIONS: Final[list[Addition]] = []


def columns() -> tuple[Column, ...]:
    return (*_OWN, *_OF_RESULT, _REMARK, *(one for addition in ADDITIONS for one in addition.columns))


def rows(outcomes: models.QuerySet[ConversationOutcome]) -> list[dict[str, Any]]:
    """The rows of a batch, each with every column, in the order of the query."""
    names = [one.name for one in _OF_RESULT]
    found = list(
        outcomes.annotate(
            external_id=models.F("conversation__external_id"),
            rating_remark=models.F("conversation__rating_remark"),
            customer_name=models.F("conversation__customer__name"),
        ).values("conversation_id", "external_id", "rating_remark", "customer_name", *names)
    )
    ids = [row["conversation_id"] for row in found]
    added = [addition.read(ids) if ids else {} for addition in ADDITIONS]
    return [_row(values, added) for values in found]


def _row(values: dict[str, Any], added: Sequence[Mapping[int, Mapping[str, Any]]]) -> dict[str, Any]:
    number = values.pop("conversation_id")
    name, remark = values.pop("customer_name"), values["rating_remark"]
    if remark:
        masker = masker_for([remark], policy=masking_policy(), known_names=[name] if name else [])
        values["rating_remark"] = "" if masker.refused else masker.mask(remark)
    values["conversation"] = number
    for one in added:
        values.update(one.get(number, {}))
    return {column.name: values.get(column.name) for column in columns()}
