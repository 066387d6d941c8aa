"""The figures of a report: every statistic over some days, beside as many days before."""

from dataclasses import dataclass

from analytics.business.reading import Period, Question, sums
from analytics.business.statistics import STATISTICS, Figure, figure
from analytics.business.words import change_in_words, detail_in_words, value_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    figure: Figure
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
                value=value_in_words(one),
                detail=detail_in_words(one),
                before=value_in_words(other),
                change=change_in_words(one, other)[0],
            )
        )
    return found
