"""The sums of the cost level over some conversations: what every cost statistic is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from analytics.business.reading import Question, sums
from analytics.costs.prices import Prices
from analytics.costs.reading import Spent, cost_rows, gpus_of, hourly_rate, own_rows, spent
from analytics.models import CostBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """With what the sums become figures."""

    stated: CostBasis
    hourly: float | None

    @classmethod
    def of(cls, priced: Prices) -> "Basis":
        return cls(stated=CostBasis.stated(), hourly=hourly_rate(priced, timezone.now()))

    def sums(self, counted: Mapping[str, float], cost: Spent) -> dict[str, float | None]:
        found: dict[str, float | None] = cost.sums(
            counted, baseline_minutes=self.stated.baseline_minutes, hourly=self.hourly
        )
        return found


def cost_sums(question: Question, priced: Prices, basis: Basis) -> dict[str, float | None]:
    """Of the conversations asked about; beside the columns of `Hourly`, those of `analytics.costs.statistics`."""
    cost = spent(
        cost_rows(question), question.filters, gpus_of(question.period, priced), own_rows(question.period, priced)
    )
    return basis.sums(sums(question), cost)
