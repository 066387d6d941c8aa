"""Sums of the conversations that began in one hour, by what people filter by. Every statistic is a quotient of sums.

The days are the hours added up, for pages that look at a year; which hours are a day depends on TIME_ZONE.
"""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Handoff

#: What a figure may be filtered by; columns of `ConversationOutcome` under the same names.
DIMENSIONS: Final = ("workspace", "language", "tier", "channel", "team", "intent", "profile")
#: Upper bounds, in seconds, of the response times that are told apart.
RESPONSE_BOUNDS: Final = (5, 30, 60, 300, 3600)

#: Column of `Hourly` -> what of an outcome it sums up, in SQL over `ConversationOutcome` as `o`.
SUMS: Final[dict[str, str]] = {
    "conversations": "1",
    "involved": "o.is_involved::int",
    "answered": "(o.is_involved AND o.is_answered)::int",
    "held": "o.is_held::int",
    "handed_over": "o.is_handed_over::int",
    "with_person": "o.has_person::int",
    "involved_without_person": "(o.is_involved AND NOT o.has_person)::int",
    "assumed": "o.is_assumed::int",
    "confirmed": "o.is_confirmed::int",
    "resolved": "(o.is_assumed OR o.is_confirmed)::int",
    "verified_known": "(o.is_verified IS NOT NULL)::int",
    "verified": "coalesce(o.is_verified, false)::int",
    "durable_known": "(o.is_durable IS NOT NULL)::int",
    "durable": "coalesce(o.is_durable, false)::int",
    "first_contact_known": "(o.is_first_contact IS NOT NULL)::int",
    "first_contact": "coalesce(o.is_first_contact, false)::int",
    "reopened": "(o.reopenings > 0)::int",
    "rated": "(o.rating IS NOT NULL)::int",
    "rated_good": "(coalesce(o.rating, 0) >= 4)::int",
    "drafts_decided": "o.drafts_decided",
    "drafts_unchanged": "o.drafts_unchanged",
    "intents_labelled": "o.intents_labelled",
    "intents_right": "o.intents_right",
    "responses": "(o.first_response_seconds IS NOT NULL)::int",
    "response_seconds": "coalesce(o.first_response_seconds, 0)",
    **{
        f"response_in_{bound}": f"(coalesce(o.first_response_seconds, 1e9) <= {bound})::int"
        for bound in RESPONSE_BOUNDS
    },
    "answers": "(o.first_answer_seconds IS NOT NULL)::int",
    "answer_seconds": "coalesce(o.first_answer_seconds, 0)",
    "odd_times": "o.has_odd_times::int",
    "scored": "(o.score IS NOT NULL)::int",
    "score_sum": "coalesce(o.score, 0)",
    "score_squares": "coalesce(o.score * o.score, 0)",
    "surveyed": "o.is_surveyed::int",
    "survey_answers": "(o.nps IS NOT NULL)::int",
    "promoters": "(coalesce(o.nps, 0) >= 9)::int",
    "detractors": "(coalesce(o.nps, 10) <= 6)::int",
    "tokens_read": "o.tokens_read",
    "tokens_written": "o.tokens_written",
    **{
        f"handed_{reason}": f"(o.is_handed_over AND o.handoff_reason = '{reason}')::int"
        for reason in Handoff.Reason.values
        if reason not in Handoff.NEVER_THE_BOTS
    },
}
#: Sums that are no whole numbers.
DECIMALS: Final = frozenset({"response_seconds", "answer_seconds", "score_sum", "score_squares"})


class Sums(models.Model):
    workspace = models.CharField(max_length=64)
    language = models.CharField(max_length=16)
    tier = models.CharField(max_length=64)
    channel = models.CharField(max_length=32)
    team = models.CharField(max_length=64)
    intent = models.CharField(max_length=64)
    profile = models.CharField(max_length=80)

    class Meta:
        abstract = True


class Hourly(Sums):
    hour = models.DateTimeField(_("hour"))

    class Meta:
        verbose_name = _("hourly sums")
        verbose_name_plural = _("hourly sums")
        constraints = [models.UniqueConstraint(fields=["hour", *DIMENSIONS], name="hourly_once")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}"


class Daily(Sums):
    """The same by days of the zone that `Filling.daily_zone` names. Made of `Hourly` alone."""

    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("daily sums")
        verbose_name_plural = _("daily sums")
        constraints = [models.UniqueConstraint(fields=["day", *DIMENSIONS], name="daily_once")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


for _name in SUMS:
    for _model in (Hourly, Daily):
        _model.add_to_class(
            _name, models.FloatField(default=0.0) if _name in DECIMALS else models.BigIntegerField(default=0)
        )
