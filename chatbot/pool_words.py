"""What happens to pools of model servers, in words that staff and operators understand."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chatbot.llm.breaker import State
from chatbot.llm.errors import Outcome
from chatbot.llm.pool_health import Why
from chatbot.models import ModelPoolEvent

STATES_IN_WORDS: Final[Mapping[State, Promise]] = {
    State.HEALTHY: gettext_lazy("healthy"),
    State.DEGRADED: gettext_lazy("asked for less"),
    State.OPEN: gettext_lazy("left alone"),
    State.HALF_OPEN: gettext_lazy("being tried again"),
}

_OUTCOMES_IN_WORDS: Final[Mapping[str, Promise]] = {
    Outcome.ANSWERED.value: gettext_lazy("answered"),
    Outcome.FAILED.value: gettext_lazy("failed"),
    Outcome.RESTS.value: gettext_lazy("left alone, after errors"),
    Outcome.FULL.value: gettext_lazy("had as many calls as it may"),
    Outcome.TOO_LATE.value: gettext_lazy("not asked, the time was used up"),
    Outcome.LOST.value: gettext_lazy("was slower"),
}


def outcome_in_words(outcome: str) -> str:
    """What became of asking a pool, as the story of a turn tells it."""
    return str(_OUTCOMES_IN_WORDS.get(outcome, outcome))


def event_in_words(event: ModelPoolEvent) -> str:
    """One sentence or two: what happened, and why."""
    if event.kind == ModelPoolEvent.Kind.SET:
        words = _("%(who)s let it take calls again.") if event.why == "enabled" else _("%(who)s drained it.")
        return words % {"who": event.by or _("Somebody")}
    counted = {
        "errors": event.errors,
        "calls": event.calls,
        "percent": round(100 * event.errors / event.calls, 1) if event.calls else 0,
        "in_a_row": event.in_a_row,
    }
    why = {
        Why.ERRORS: _("%(errors)d of %(calls)d calls failed (%(percent)s %%)."),
        Why.IN_A_ROW: _("%(in_a_row)d calls in a row failed."),
        Why.FEWER_ERRORS: _("Only %(errors)d of %(calls)d calls failed lately."),
        Why.PROBE_ANSWERED: _("It answered when it was tried."),
        Why.PROBE_FAILED: _("It failed when it was tried."),
        Why.SLOW: _("Slow: %(in_a_row)d answers in a row took too long."),
    }.get(Why(event.why) if event.why in {one.value for one in Why} else Why.ERRORS, "")
    told = why % counted
    if event.kind == ModelPoolEvent.Kind.STATE:
        states = {"before": _state(event.before), "after": _state(event.after)}
        told = _("%(before)s → %(after)s. %(why)s") % (states | {"why": told})
    if event.last_error:
        told += " " + _("The last error: %(error)s.") % {"error": event.last_error}
    return told


def _state(name: str) -> str:
    return str(STATES_IN_WORDS[State(name)]) if name in {one.value for one in State} else name
