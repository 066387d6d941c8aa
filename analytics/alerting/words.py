"""Measured values as people read them."""

from django.utils.translation import gettext as _

from analytics.alerting.measures import BY_NAME
from analytics.costs.words import duration


def amount(measure: str, value: float | None) -> str:
    """With its unit; seconds as minutes or hours where they are many."""
    if value is None:
        return "–"
    unit = BY_NAME[measure].unit if measure in BY_NAME else ""
    match unit:
        case "s":
            return duration(value)
        case "days":
            return _("%(number)s days") % {"number": f"{value:,.0f}"}
    number = f"{value:,.1f}".removesuffix(".0")
    return f"{number} {unit}".strip()
