"""What a reading says, in words that a support lead can act on."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.business.statistics import Kind, Statistic
from analytics.costs.words import money
from analytics.experiments.comparing import LEAST, Comparison, Verdict
from analytics.experiments.reading import Reading, is_guard
from analytics.models import CostBasis
from chatbot.models import Experiment

#: Pixels of the drawing of an interval: its width, and how much of it is drawn at most to each side of zero.
_WIDTH, _REACH = 160, 74


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One statistic in both arms."""

    title: Any
    definition: str
    control: str
    tried: str
    rests_on: str
    difference: str
    interval: str
    verdict: str
    tone: str  #: "good", "warn" or ""
    is_guard: bool
    drawing: dict[str, Any] | None


def row(one: Comparison) -> Row:
    statistic = one.statistic
    words = {
        Verdict.EARLY: _("too early to say"),
        Verdict.UNDECIDED: _("may be chance"),
        Verdict.BETTER: _("better"),
        Verdict.WORSE: _("worse"),
    }
    interval = ""
    if one.low is not None and one.high is not None:
        interval = f"{_signed(statistic, one.low)} … {_signed(statistic, one.high)}"
    return Row(
        title=statistic.title,
        definition=statistic.words(),
        control=_value(statistic, one.control.value),
        tried=_value(statistic, one.tried.value),
        rests_on=f"{one.control.below:,.0f} / {one.tried.below:,.0f}",
        difference="–" if one.difference is None else _signed(statistic, one.difference),
        interval=interval,
        verdict=words[one.verdict],
        tone={Verdict.BETTER: "good", Verdict.WORSE: "warn"}.get(one.verdict, ""),
        is_guard=is_guard(one),
        drawing=_drawing(one),
    )


def headline(reading: Reading) -> tuple[str, str]:
    """What the goal says, and its tone."""
    goal, experiment = reading.goal, reading.experiment
    title = {"figure": goal.statistic.title}
    match goal.verdict:
        case Verdict.BETTER:
            return _("%(figure)s is better in the tried arm, by more than chance.") % title, "good"
        case Verdict.WORSE:
            return _("%(figure)s is worse in the tried arm, by more than chance.") % title, "warn"
        case Verdict.UNDECIDED if reading.is_complete:
            return (
                _("The planned size is reached, and %(figure)s differs by no more than chance explains.") % title,
                "",
            )
        case Verdict.UNDECIDED:
            return _("So far %(figure)s differs by no more than chance explains.") % title, ""
    missing = max(1, LEAST - goal.counted)
    words = ngettext(
        "Too early to say: the smaller arm needs %(count)d more customer with this figure.",
        "Too early to say: the smaller arm needs %(count)d more customers with this figure.",
        missing,
    )
    return words % {"count": missing} if experiment.started_at else _("It has not been started."), ""


def _value(statistic: Statistic, value: float | None) -> str:
    if value is None:
        return "–"
    match statistic.kind:
        case Kind.SHARE:
            return f"{value:.1%}"
        case Kind.NET:
            return f"{100 * value:+.0f}"
        case Kind.MEAN_SCORE:
            return f"{value:.1f}"
        case Kind.MONEY:
            return _money(value)
    return _seconds(value)


def _money(micros: float) -> str:
    return money(micros / 1e6, CostBasis.stated().currency)


def _signed(statistic: Statistic, value: float) -> str:
    match statistic.kind:
        case Kind.SHARE | Kind.NET:
            return _("%(points)+.1f points") % {"points": 100 * value}
        case Kind.MEAN_SCORE:
            return _("%(points)+.1f points") % {"points": value}
    size = _money(abs(value)) if statistic.kind is Kind.MONEY else _seconds(abs(value))
    return ("+" if value >= 0 else "−") + size


def _seconds(value: float) -> str:
    if value < 100:
        return _("%(number).1f s") % {"number": value}
    return _("%(number).0f min") % {"number": value / 60}


def _drawing(one: Comparison) -> dict[str, Any] | None:
    """The interval as a bar about zero, so scaled that it fills the drawing."""
    if one.low is None or one.high is None or one.difference is None:
        return None
    most = max(abs(one.low), abs(one.high)) or 1.0
    middle = _WIDTH / 2
    places = [middle + _REACH * number / most for number in (one.low, one.difference, one.high)]
    return {
        "width": _WIDTH,
        "middle": middle,
        "low": round(places[0], 1),
        "point": round(places[1], 1),
        "length": round(max(2.0, places[2] - places[0]), 1),
        "colour": {Verdict.BETTER: "#0d9488", Verdict.WORSE: "#b45309"}.get(one.verdict, "#64748b"),
    }


def arm_titles(experiment: Experiment) -> tuple[str, str]:
    if experiment.lever == Experiment.Lever.HOLDOUT:
        return _("with the bot"), _("without the bot")
    return _("as today"), _("tried")
