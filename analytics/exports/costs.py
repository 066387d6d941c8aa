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


def _costs(ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    lines = CostLine.objects.filter(outcome_id__in=ids).values("outcome_id", "kind").annotate(sum=Sum("micros"))
    for line in lines.order_by():
        found.setdefault(line["outcome_id"], {})[f"cost_{line['kind']}"] = line["sum"] / _MICRO
    return found


COSTS: Final = Addition(
    columns=tuple(
        Column(name=f"cost_{kind.value}", kind=Kind.DECIMAL, meaning=meaning) for kind, meaning in _MEANINGS.items()
    ),
    read=_costs,
)
