"""Figures as people read them: the value, what it rests on, and how it changed."""

from django.utils.translation import gettext as _

from analytics.business.statistics import Better, Figure, Kind


def value_in_words(one: Figure) -> str:
    if one.value is None:
        return "–"
    match one.statistic.kind:
        case Kind.COUNT:
            return f"{one.value:,.0f}"
        case Kind.SHARE:
            return f"{one.value:.0%}"
        case Kind.MEAN_SCORE:
            return f"{one.value:.0f}"
        case Kind.NET:
            return f"{one.value:+.0f}" if round(one.value) else "0"
        case Kind.MONEY:
            return f"{one.value / 1e6:,.2f}"
        case Kind.MEAN_SECONDS:
            return (
                _("%(number).0f s") % {"number": one.value}
                if one.value < 100
                else _("%(number).0f min") % {"number": one.value / 60}
            )


def detail_in_words(one: Figure) -> str:
    """What the figure rests on, and how far it may be from the truth."""
    if one.statistic.kind is Kind.COUNT:
        return ""
    if one.value is None:
        return _("nothing to count yet")
    words = _("of %(count)s") % {"count": f"{one.count:,}"}
    if one.low is not None and one.high is not None:
        words += " · " + (
            _("between %(low).0f and %(high).0f %%") % {"low": 100 * one.low, "high": 100 * one.high}
            if one.statistic.kind is Kind.SHARE
            else _("between %(low).0f and %(high).0f") % {"low": one.low, "high": one.high}
        )
    return words + (" · " + _("too early to say") if one.is_early else "")


def change_in_words(now: Figure, before: Figure) -> tuple[str, bool | None]:
    """Against the period before, and whether that is good; nothing where either is too small to compare."""
    is_net = now.statistic.kind is Kind.NET  # where 0 is a figure like any other
    if now.value is None or before.value is None or not (before.value or is_net) or now.is_early or before.is_early:
        return "", None
    difference = now.value - before.value
    if now.statistic.kind in (Kind.SHARE, Kind.MEAN_SCORE, Kind.NET):
        points = 100 * difference if now.statistic.kind is Kind.SHARE else difference
        words = _("%(points)+.0f points") % {"points": points} if abs(points) >= 0.5 else ""
        overlap = (now.low or 0) <= (before.high or 0) and (before.low or 0) <= (now.high or 0)
        if overlap:
            return words, None
    else:
        words = f"{difference / before.value:+.0%}" if abs(difference / before.value) >= 0.005 else ""
    better = now.statistic.better
    return words, None if better is Better.NEITHER or not difference else (difference > 0) == (better is Better.MORE)
