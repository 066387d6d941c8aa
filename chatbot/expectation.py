"""What a customer may honestly expect after a handover: from the queue's own times, or the hours people keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Final

from django.utils import timezone

from chatbot.rules.triggers.business_hours import Hours, HoursUnreadable
from chatbot.steering import steering
from sessions_app.models import ReviewItem, ReviewQueue

#: Decided items of the last days that say how long it takes; with fewer than the least nothing is promised.
_DAYS, _MOST, _LEAST = 14, 50, 5
#: A promise is one of these, in minutes, rounded up: nobody is told "17 minutes".
_STEPS: Final = (5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 1440, 2880)
#: Days in which the next opening is looked for.
_AHEAD = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """At most one of the two."""

    within_minutes: int | None = None
    back_at: datetime | None = None  #: in the team's time zone


def expected(queue: ReviewQueue, *, now: datetime | None = None) -> Expectation:
    """Closed: when people are back. Open: within what time three of four were answered lately, if that is known."""
    now = now or timezone.now()
    hours = _hours()
    if hours is not None and not hours.is_open(now):
        return Expectation(back_at=opens_after(hours, now))
    return Expectation(within_minutes=_usual_minutes(queue, now))


def opens_after(hours: Hours, moment: datetime) -> datetime | None:
    """The next opening after `moment`, in the team's time zone; None if there is none within two weeks."""
    local = moment.astimezone(hours.time_zone)
    for ahead in range(_AHEAD + 1):
        day = local.date() + timedelta(days=ahead)
        if day in hours.closed:
            continue
        for begin, _end in hours.weekly.get(day.weekday(), ()):
            opening = datetime.combine(day, begin, tzinfo=hours.time_zone)
            if opening > local:
                return opening
    return None


def rounded_up(minutes: float) -> int | None:
    """The next step; None where it takes longer than anybody should be promised."""
    return next((step for step in _STEPS if minutes <= step), None)


def in_words(expectation: Expectation, language: str) -> str:
    """A sentence in the customer's language, English where there is none; "" where nothing is known."""
    words = next((_WORDS[code] for code in (language, language.split("-")[0]) if code in _WORDS), _WORDS["en"])
    if expectation.back_at is not None:
        at = expectation.back_at
        return words["back"].format(day=words["days"].split()[at.weekday()], time=f"{at:%H:%M}", zone=at.tzname())
    minutes = expectation.within_minutes
    if minutes is None:
        return ""
    if minutes < 60:
        return words["minutes"].format(count=minutes)
    if minutes == 60:
        return words["hour"]
    return words["hours"].format(count=minutes // 60)


def _hours() -> Hours | None:
    row = steering().people_hours
    if row is None:
        return None
    try:
        return row.hours()
    except HoursUnreadable:
        return None


def _usual_minutes(queue: ReviewQueue, now: datetime) -> int | None:
    rows = (
        ReviewItem.objects.filter(queue=queue, decided_by__isnull=False, decided_at__gte=now - timedelta(days=_DAYS))
        .order_by("-decided_at")
        .values_list("created_at", "decided_at")[:_MOST]
    )
    waits = [(decided - created).total_seconds() / 60 for created, decided in rows if decided]
    if len(waits) < _LEAST:
        return None
    return rounded_up(quantiles(waits, n=4)[2])


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "minutes": "We usually answer within {count} minutes.",
        "hour": "We usually answer within an hour.",
        "hours": "We usually answer within {count} hours.",
        "back": "We are back on {day} at {time} ({zone}), and answer then.",
        "days": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    },
    "zh": {
        "minutes": "我们通常会在 {count} 分钟内回复您。",
        "hour": "我们通常会在一小时内回复您。",
        "hours": "我们通常会在 {count} 小时内回复您。",
        "back": "我们将于{day} {time}（{zone}）恢复服务，届时回复您。",
        "days": "周一 周二 周三 周四 周五 周六 周日",
    },
    "de": {
        "minutes": "Wir antworten meist innerhalb von {count} Minuten.",
        "hour": "Wir antworten meist innerhalb einer Stunde.",
        "hours": "Wir antworten meist innerhalb von {count} Stunden.",
        "back": "Wir sind am {day} um {time} Uhr ({zone}) wieder da und antworten dann.",
        "days": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    },
    "fr": {
        "minutes": "Nous répondons en général sous {count} minutes.",
        "hour": "Nous répondons en général sous une heure.",
        "hours": "Nous répondons en général sous {count} heures.",
        "back": "Nous serons de retour {day} à {time} ({zone}) et vous répondrons alors.",
        "days": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    },
    "es": {
        "minutes": "Solemos responder en {count} minutos.",
        "hour": "Solemos responder en una hora.",
        "hours": "Solemos responder en {count} horas.",
        "back": "Volvemos el {day} a las {time} ({zone}) y le responderemos entonces.",
        "days": "lunes martes miércoles jueves viernes sábado domingo",
    },
}
