"""Facts judged: what is well, what is not, what that means, and what to do. The words are for people on call."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics.health.facts import Certificate, Facts, ModelServers, Stored
from chatbot.llm import breaker
from chatbot.sampling.intent_accuracy import Line

#: Seconds from which on something that waits is a warning, and a failure.
HEARTBEAT_SECONDS: Final = (20.0, 60.0)
INBOX_SECONDS: Final = (15.0, 60.0)
ANSWER_SECONDS: Final = (30.0, 120.0)
OUTBOX_SECONDS: Final = (60.0, 600.0)
REVIEW_SECONDS: Final = (3600.0, 14400.0)
#: Days before its end from which on a certificate is a warning, and a failure.
CERTIFICATE_DAYS: Final = (14.0, 2.0)
#: Share of intents guessed right with real customers that is promised.
INTENT_ACCURACY: Final = 0.9


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


STATES_IN_WORDS: Final = {
    State.OK: gettext_lazy("well"),
    State.WARNING: gettext_lazy("look at it"),
    State.FAILED: gettext_lazy("broken"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part of the system. `name` is stable and for programs; the other texts are in the language in force."""

    name: str
    title: str
    state: State
    finding: str
    cure: str = ""  #: what to do; "" where all is well


def checks(facts: Facts) -> tuple[Check, ...]:
    """In the order in which somebody on call looks: what everything stands on first."""
    return tuple(_all(facts))


def worst(results: tuple[Check, ...]) -> State:
    states = {check.state for check in results}
    return next(state for state in (State.FAILED, State.WARNING, State.OK) if state in states)


def _all(facts: Facts) -> Iterator[Check]:
    yield _database(facts.stored)
    yield _redis(facts.is_redis_up)
    if facts.is_redis_up:
        yield _workers(facts.heartbeat_age)
    if facts.stored is not None:
        yield _intake(facts.stored)
        yield _answers(facts.stored)
        yield _models(facts.pools)
        yield _outbox(facts.stored)
        yield _reviews(facts.stored)
        yield _intents(facts.stored.live_intents)
    yield from (_certificate(one) for one in facts.certificates)


def _database(stored: Stored | None) -> Check:
    if stored is None:
        return Check(
            name="database",
            title=_("PostgreSQL"),
            state=State.FAILED,
            finding=_("It does not answer. Webhooks are refused with 503, and Intercom sends each once more."),
            cure=_("Start it, or correct DATABASE_URL. The reconciling poll then finds what was missed."),
        )
    return Check(name="database", title=_("PostgreSQL"), state=State.OK, finding=_("It answers."))


def _redis(is_up: bool) -> Check:
    if is_up:
        return Check(name="redis", title=_("Redis"), state=State.OK, finding=_("It answers."))
    return Check(
        name="redis",
        title=_("Redis"),
        state=State.FAILED,
        finding=_("It does not answer. Webhooks are still stored, but nobody is answered."),
        cure=_("Start it, or correct REDIS_URL. Nothing is lost: what is stored is taken up again within seconds."),
    )


def _workers(age: float | None) -> Check:
    state = State.FAILED if age is None else _by(age, HEARTBEAT_SECONDS)
    if age is None:
        finding = _("No worker has given a sign of life.")
    else:
        finding = _("The last sign of life is %(time)s old.") % {"time": _time(age)}
    return Check(
        name="workers",
        title=_("Workers"),
        state=state,
        finding=finding,
        cure=_("See whether a worker and beat run, and what their logs say. If both do: add workers, they are behind.")
        if state != State.OK
        else "",
    )


def _intake(stored: Stored) -> Check:
    state = _by(stored.inbox_oldest, INBOX_SECONDS)
    finding = _waiting(stored.inbox_waiting, stored.inbox_oldest, _("Every notification has been looked at."))
    cure = _("The workers are behind or down; see above.") if state != State.OK else ""
    if stored.inbox_failed and state == State.OK:
        state = State.WARNING
        finding = ngettext(
            "%(count)d notification could not be understood.",
            "%(count)d notifications could not be understood.",
            stored.inbox_failed,
        ) % {"count": stored.inbox_failed}
        cure = _("Read its error under Incoming notifications, and process it again.")
    if not stored.workspaces:
        state = State.WARNING
        finding = _("No Intercom workspace is connected.")
        cure = _("Connect one under Intercom workspaces.")
    return Check(name="intake", title=_("Intake"), state=state, finding=finding, cure=cure)


def _answers(stored: Stored) -> Check:
    if not stored.is_answering:
        return Check(
            name="answers",
            title=_("Answering"),
            state=State.WARNING,
            finding=_("The bot is switched off: messages are stored and nobody is answered."),
            cure=_("Switch it on under How the bot decides."),
        )
    state = _by(stored.answers_oldest, ANSWER_SECONDS)
    return Check(
        name="answers",
        title=_("Answering"),
        state=state,
        finding=_waiting(
            stored.answers_due, stored.answers_oldest, _("Nobody waits for an answer longer than planned.")
        ),
        cure=_("Look at the newest turns and at the model servers. If both are well, add workers.")
        if state != State.OK
        else "",
    )


def _models(pools: tuple[ModelServers, ...]) -> Check:
    ailing = [pool for pool in pools if pool.state is not breaker.State.HEALTHY]
    state, finding, cure = State.OK, _("All take calls."), ""
    if not pools:
        finding = _("None is set: answers quote the best passage of an article.")
    elif ailing:
        state = State.WARNING if any(pool.state.takes_calls for pool in pools) else State.FAILED
        words = [f"{pool.name}: {pool.last_error}" if pool.last_error else pool.name for pool in ailing]
        finding = _("Not well: %(pools)s.") % {"pools": "; ".join(words)}
        cure = (
            _("None takes calls, so passages are quoted. Look at the servers' logs, and try them under Model pools.")
            if state is State.FAILED
            else _("The others take over. Look at the servers' logs, and try them under Model pools.")
        )
    return Check(name="models", title=_("Model servers"), state=state, finding=finding, cure=cure)


def _outbox(stored: Stored) -> Check:
    state = _by(stored.outbox_oldest, OUTBOX_SECONDS)
    return Check(
        name="outbox",
        title=_("Delivery to Intercom"),
        state=state,
        finding=_waiting(stored.outbox_waiting, stored.outbox_oldest, _("Everything has been delivered.")),
        cure=_("Read what Intercom answers under Deliveries: it may limit the rate, refuse the token or be down.")
        if state != State.OK
        else "",
    )


def _reviews(stored: Stored) -> Check:
    state = State.WARNING if stored.reviews_oldest >= REVIEW_SECONDS[0] else State.OK
    return Check(
        name="reviews",
        title=_("Review"),
        state=state,
        finding=_waiting(stored.reviews_waiting, stored.reviews_oldest, _("No draft waits for a person.")),
        cure=_("Customers wait for a person's word: open the drafts for review.") if state != State.OK else "",
    )


def _intents(live: Line) -> Check:
    """A warning only where the accuracy is under what was promised even at best."""
    share = live.share
    if share is None or live.is_early:
        finding = ngettext(
            "Too early to say: people have labelled %(count)d message of the last 30 days.",
            "Too early to say: people have labelled %(count)d messages of the last 30 days.",
            live.labelled,
        ) % {"count": live.labelled}
        return Check(name="intents", title=_("Intents"), state=State.OK, finding=finding)
    is_under = share.high < INTENT_ACCURACY
    values = {"share": 100 * share.value, "low": 100 * share.low, "high": 100 * share.high, "count": live.labelled}
    return Check(
        name="intents",
        title=_("Intents"),
        state=State.WARNING if is_under else State.OK,
        finding=_(
            "%(share).0f %% were guessed right, with 95 %% certainty between %(low).0f and %(high).0f %%, by %(count)d "
            "labels of the last 30 days."
        )
        % values,
        cure=_("See the worst ones under Accuracy of intents, give them examples, and train again.")
        if is_under
        else "",
    )


def _certificate(one: Certificate) -> Check:
    key = one.setting.lower() if one.setting.isidentifier() else "pool"
    name, title = f"certificate_{key}", _("Certificate in %(setting)s") % {"setting": one.setting}
    if one.days_left is None:
        return Check(
            name=name,
            title=title,
            state=State.FAILED,
            finding=_("The file cannot be read as PEM."),
            cure=_("Correct the path, or put the certificate there."),
        )
    warn, fail = CERTIFICATE_DAYS
    state = State.FAILED if one.days_left < fail else State.WARNING if one.days_left < warn else State.OK
    if one.days_left < 0:
        finding = _("It has ended.")
    else:
        days = int(one.days_left)
        finding = ngettext("It is good for %(days)d more day.", "It is good for %(days)d more days.", days) % {
            "days": days
        }
    return Check(
        name=name,
        title=title,
        state=state,
        finding=finding,
        cure=_("Put a new one in its place and restart web and workers.") if state != State.OK else "",
    )


def _by(seconds: float, bounds: tuple[float, float]) -> State:
    warn, fail = bounds
    return State.FAILED if seconds >= fail else State.WARNING if seconds >= warn else State.OK


def _waiting(count: int, oldest: float, nothing: str) -> str:
    if not count:
        return nothing
    values: dict[str, Any] = {"count": count, "time": _time(oldest)}
    return ngettext("%(count)d waits, for %(time)s.", "%(count)d wait, the oldest for %(time)s.", count) % values


def _time(seconds: float) -> str:
    """Short and for people: 45 s, 12 min, 3 h, 2 days."""
    if seconds < 100:
        return _("%(number)d s") % {"number": seconds}
    if seconds < 6000:
        return _("%(number)d min") % {"number": seconds / 60}
    if seconds < timedelta(days=2).total_seconds():
        return _("%(number)d h") % {"number": seconds / 3600}
    return _("%(number)d days") % {"number": seconds / 86400}
