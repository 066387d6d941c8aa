"""What a conversation cost, as columns of the exports."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from analytics.exports.columns import Addition, Column, Kind
from analytics.models import CostKind, CostLine

_MICRO: Final = 1_000_000
_MEANINGS: Final = {
    CostKind.MODEL: _("cost of the model, in the currency of the prices; empty: none counted"),
    CostKind.DESK: _("cost of people at the desk"),
    CostKind.INTERCOM: _("cost of people in Intercom"),
}
_ALL_TOKENS: Final = Column(
    name="tokens_all",
    kind=Kind.NUMBER,
    meaning=_("tokens read and written for the conversation: answers, completed follow-ups, translations, readings"),
)
_PEOPLE: Final = Column(
    name="people_seconds",
    kind=Kind.DECIMAL,
    meaning=_("people's seconds at the desk and in Intercom, as costs count them"),
)


def _costs(ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    lines = CostLine.objects.filter(outcome_id__in=ids).values("outcome_id", "kind")
    sums = lines.annotate(sum=Sum("micros"), tokens=Sum("tokens_read") + Sum("tokens_written"), time=Sum("seconds"))
    for line in sums.order_by():
        row = found.setdefault(line["outcome_id"], {})
        row[f"cost_{line['kind']}"] = line["sum"] / _MICRO
        if line["kind"] == CostKind.MODEL:
            row[_ALL_TOKENS.name] = line["tokens"]
        else:
            row[_PEOPLE.name] = row.get(_PEOPLE.name, 0.0) + line["time"]
    return found


COSTS: Final = Addition(
    columns=(
        *(Column(name=f"cost_{kind.value}", kind=Kind.DECIMAL, meaning=meaning) for kind, meaning in _MEANINGS.items()),
        _ALL_TOKENS,
        _PEOPLE,
    ),
    read=_costs,
)
