"""What an alert rule may watch: the state of the system, and what the last hour looks like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.experiments.guarding import hurting
from analytics.health.facts import Facts, Stored
from chatbot.models import Delivery, ModelPoolEvent, Turn
from sessions_app.models import Conversation

HOUR: Final = timedelta(hours=1)
#: A share of fewer than this says nothing.
LEAST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    name: str
    title: Promise
    unit: str  #: "s", "%", "days" or ""
    #: None: not known now, so a rule over it neither begins nor ends to alert.
    read: Callable[[Facts, datetime], float | None]


def _stored(read: Callable[[Stored], float | None]) -> Callable[[Facts, datetime], float | None]:
    return lambda facts, now: None if facts.stored is None else read(facts.stored)


def _certificate(facts: Facts, now: datetime) -> float | None:
    return min((one.days_left for one in facts.certificates if one.days_left is not None), default=None)


def _ailing_pools(facts: Facts, now: datetime) -> float:
    return float(sum(not pool.state.takes_calls for pool in facts.pools))


def _worst_pool(facts: Facts, now: datetime) -> float | None:
    return max((100 * pool.error_share for pool in facts.pools), default=None)


def _slow_alerts(facts: Facts, now: datetime) -> float:
    since = now - timedelta(minutes=10)
    return float(ModelPoolEvent.objects.filter(at__gte=since, kind=ModelPoolEvent.Kind.SLOW).count())


def _own_time(facts: Facts, now: datetime) -> float | None:
    """The slowest in a hundred of the last hour's turns, in milliseconds."""
    newest = Turn.objects.filter(started_at__gte=now - HOUR).order_by("-started_at")
    times = sorted(value for value in newest.values_list("own_milliseconds", flat=True)[:5_000] if value is not None)
    return times[int(0.99 * (len(times) - 1))] if len(times) >= LEAST else None


def _share_of_turns(outcome: Turn.Outcome) -> Callable[[Facts, datetime], float | None]:
    def read(facts: Facts, now: datetime) -> float | None:
        counted = Turn.objects.filter(started_at__gte=now - HOUR).aggregate(
            all=Count("pk"), those=Count("pk", filter=Q(outcome=outcome))
        )
        return 100 * counted["those"] / counted["all"] if counted["all"] >= LEAST else None

    return read


def _refused_deliveries(facts: Facts, now: datetime) -> float:
    return float(Delivery.objects.filter(status=Delivery.Status.FAILED, created_at__gte=now - HOUR).count())


def _bad_ratings(facts: Facts, now: datetime) -> float:
    since = now - timedelta(days=1)
    return float(Conversation.objects.filter(updated_at__gte=since, rating__lte=2).count())


def _hurting(facts: Facts, now: datetime) -> float:
    return float(len(hurting()))


def _live_intents_at_best(stored: Stored) -> float | None:
    """The upper end of the 95 % interval: under a bound only where even that is; unknown with few labels."""
    line = stored.live_intents
    return None if line.is_early or line.share is None else 100 * line.share.high


MEASURES: Final = (
    Measure(
        name="reviews_oldest",
        title=_("Oldest draft waiting for review"),
        unit="s",
        read=_stored(lambda stored: stored.reviews_oldest),
    ),
    Measure(
        name="reviews_waiting",
        title=_("Drafts waiting for review"),
        unit="",
        read=_stored(lambda stored: stored.reviews_waiting),
    ),
    Measure(
        name="answers_oldest",
        title=_("Latest overdue answer"),
        unit="s",
        read=_stored(lambda stored: stored.answers_oldest),
    ),
    Measure(
        name="inbox_oldest",
        title=_("Oldest notification not looked at"),
        unit="s",
        read=_stored(lambda stored: stored.inbox_oldest),
    ),
    Measure(
        name="inbox_failed",
        title=_("Notifications not understood"),
        unit="",
        read=_stored(lambda stored: stored.inbox_failed),
    ),
    Measure(
        name="last_webhook",
        title=_("Time since the last webhook"),
        unit="s",
        read=_stored(lambda stored: stored.last_webhook_age),
    ),
    Measure(
        name="outbox_oldest",
        title=_("Oldest call to Intercom not through"),
        unit="s",
        read=_stored(lambda stored: stored.outbox_oldest),
    ),
    Measure(
        name="deliveries_refused", title=_("Calls refused by Intercom, last hour"), unit="", read=_refused_deliveries
    ),
    Measure(name="pools_resting", title=_("Model pools that take no calls"), unit="", read=_ailing_pools),
    Measure(name="model_errors", title=_("Failing calls of the worst model pool"), unit="%", read=_worst_pool),
    Measure(
        name="slow_answers", title=_("Alerts of slow answers in a row, last 10 minutes"), unit="", read=_slow_alerts
    ),
    Measure(name="own_time", title=_("Own time of the slowest in 100 turns, last hour"), unit="ms", read=_own_time),
    Measure(
        name="handed_over",
        title=_("Turns handed over, last hour"),
        unit="%",
        read=_share_of_turns(Turn.Outcome.HANDED_OVER),
    ),
    Measure(
        name="held", title=_("Turns held for review, last hour"), unit="%", read=_share_of_turns(Turn.Outcome.HELD)
    ),
    Measure(name="bad_ratings", title=_("Ratings of 1 or 2, last 24 hours"), unit="", read=_bad_ratings),
    Measure(
        name="intent_accuracy",
        title=_("Accuracy of the active intent model"),
        unit="%",
        read=_stored(lambda stored: None if stored.intent_accuracy is None else 100 * stored.intent_accuracy),
    ),
    Measure(
        name="live_intent_accuracy",
        title=_("Accuracy of intents at best, by people's labels of 30 days"),
        unit="%",
        read=_stored(_live_intents_at_best),
    ),
    Measure(name="experiments_hurting", title=_("Experiments that hurt"), unit="", read=_hurting),
    Measure(name="certificate_days", title=_("Days until a certificate ends"), unit="days", read=_certificate),
)
BY_NAME: Final = {one.name: one for one in MEASURES}
