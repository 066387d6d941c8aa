"""Amounts as people read them."""

from django.utils.translation import gettext as _

from analytics.costs.statistics import CostFigure, Unit


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
