"""The figures of a report: every statistic over some days, beside as many days before."""

from dataclasses import dataclass

from django.utils.functional import Promise

from analytics.business.reading import Period, Question, sums
from analytics.business.statistics import STATISTICS, Figure, figure
from analytics.business.words import change_in_words, detail_in_words, value_in_words
from analytics.costs.figures import Basis, cost_sums
from analytics.costs.prices import prices
from analytics.costs.statistics import COST_STATISTICS, CostFigure, cost_figure
from analytics.costs.words import amount, change, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    figure: Figure | CostFigure
    title: Promise
    words: str  #: the definition
    value: str
    detail: str  #: what it rests on, and its interval
    before: str
    change: str  #: "" where either is too small to compare


def lines(period: Period, before: Period) -> list[Line]:
    now, earlier = sums(Question(period=period)), sums(Question(period=before))
    found = []
    for statistic in STATISTICS:
        one, other = figure(statistic, now), figure(statistic, earlier)
        found.append(
            Line(
                figure=one,
                title=statistic.title,
                words=statistic.words(),
                value=value_in_words(one),
                detail=detail_in_words(one),
                before=value_in_words(other),
                change=change_in_words(one, other)[0],
            )
        )
    return found


def cost_lines(period: Period, before: Period) -> list[Line]:
    """None where nothing has a price."""
    priced = prices()
    if not priced.models and not priced.rates:
        return []
    basis = Basis.of(priced)
    now, earlier = (cost_sums(Question(period=one), priced, basis) for one in (period, before))
    found = []
    for statistic in COST_STATISTICS:
        one, other = cost_figure(statistic, now), cost_figure(statistic, earlier)
        found.append(
            Line(
                figure=one,
                title=statistic.title,
                words=str(statistic.definition),
                value=amount(one, basis.stated.currency),
                detail=detail(one),
                before=amount(other, basis.stated.currency),
                change=change(one, other)[0],
            )
        )
    return found
