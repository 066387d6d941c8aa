"""Amounts as people read them."""

from django.utils.translation import gettext as _

from analytics.business.statistics import LEAST, Better
from analytics.costs.statistics import CostFigure, CostStatistic, Unit


def money(value: float, currency: str) -> str:
    """Two decimals, and four where two would hide what there is."""
    return f"{value:,.{4 if 0 < abs(value) < 0.1 else 2}f} {currency}"


def amount(one: CostFigure, currency: str) -> str:
    if one.value is None:
        return "–"
    match one.statistic.unit:
        case Unit.MONEY:
            return money(one.value, currency)
        case Unit.MINUTES:
            return _("%(number)s min") % {"number": f"{one.value:,.1f}"}
        case Unit.HOURS:
            return _("%(number)s h") % {"number": f"{one.value:,.{1 if one.value < 100 else 0}f}"}
        case Unit.NUMBER:
            return f"{one.value:,.0f}"
        case Unit.RATIO:
            return f"{one.value:,.1f}"


def duration(seconds: float) -> str:
    if seconds < 120:
        return _("%(number)s s") % {"number": f"{seconds:,.0f}"}
    if seconds < 7_200:
        return _("%(number)s min") % {"number": f"{seconds / 60:,.0f}"}
    return _("%(number)s h") % {"number": f"{seconds / 3_600:,.1f}"}


def detail(one: CostFigure) -> str:
    statistic: CostStatistic = one.statistic
    if one.value is None:
        return _("not stated") if statistic.above.startswith("saved") else _("nothing to count yet")
    if not statistic.below or statistic.below == "cost_micros":
        return ""
    return _("of %(count)s") % {"count": f"{one.count:,}"} + (" · " + _("too early to say") if one.is_early else "")


def change(now: CostFigure, before: CostFigure) -> tuple[str, bool | None]:
    rests_on_enough = now.statistic.below == "cost_micros" or min(now.count, before.count) >= LEAST
    if now.value is None or not before.value or not rests_on_enough:
        return "", None
    share = (now.value - before.value) / before.value
    if abs(share) < 0.005:
        return "", None
    better = now.statistic.better
    return f"{share:+.0%}", None if better is Better.NEITHER else (share > 0) == (better is Better.MORE)
