"""What conversations have cost: one line for each source, and the sums of each hour and each day."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.models.hourly import DIMENSIONS
from analytics.models.outcome import ConversationOutcome
from chatbot.models import ModelUse

#: Columns of both tables. Money is kept in whole millionths of the currency, so that sums are exact.
AMOUNTS: Final = (
    "uses", "tokens_read", "tokens_written", "seconds", "micros", "unpriced_tokens", "unpriced_seconds",
    "uncounted", "odd",
)  # fmt: skip

#: What tells lines of a conversation, and sums of the same dimensions, apart.
COST_KEYS: Final = ("kind", "source", "use")


class CostKind(models.TextChoices):
    MODEL = "model", _("model")
    DESK = "desk", _("people at the desk")
    INTERCOM = "intercom", _("people in Intercom")


class Amounts(models.Model):
    kind = models.CharField(_("what"), max_length=8, choices=CostKind.choices)
    #: Name of the pool, or of the role; "" where there is none.
    source = models.CharField(_("who"), max_length=150)
    #: What the model was asked for; "" for people.
    use = models.CharField(
        _("what for"), max_length=12, choices=ModelUse.choices, blank=True, default="", db_default=""
    )
    uses = models.BigIntegerField(_("times"))
    tokens_read = models.BigIntegerField(_("tokens read"), default=0)
    tokens_written = models.BigIntegerField(_("tokens written"), default=0)
    seconds = models.FloatField(_("seconds"), default=0.0)  #: that the model, or a person, took
    micros = models.BigIntegerField(_("millionths of the currency"), default=0)
    unpriced_tokens = models.BigIntegerField(_("tokens without a price"), default=0)
    unpriced_seconds = models.FloatField(_("seconds without a rate"), default=0.0)
    #: Calls whose server did not say how many tokens they took.
    uncounted = models.BigIntegerField(_("calls with tokens not told"), default=0)
    odd = models.BigIntegerField(_("times that run backwards"), default=0)

    class Meta:
        abstract = True


class CostLine(Amounts):
    outcome = models.ForeignKey(ConversationOutcome, on_delete=models.CASCADE, related_name="costs")

    class Meta:
        verbose_name = _("cost of a conversation")
        verbose_name_plural = _("costs of conversations")
        constraints = [models.UniqueConstraint(fields=["outcome", "kind", "source", "use"], name="cost_line_once")]

    def __str__(self) -> str:
        return f"{self.outcome_id} {self.kind} {self.source}"


class CostSums(Amounts):
    workspace = models.CharField(max_length=64)
    language = models.CharField(max_length=16)
    tier = models.CharField(max_length=64)
    channel = models.CharField(max_length=32)
    team = models.CharField(max_length=64)
    intent = models.CharField(max_length=64)
    profile = models.CharField(max_length=80)

    class Meta:
        abstract = True


class HourlyCost(CostSums):
    """Sums over the conversations that began in one hour."""

    hour = models.DateTimeField(_("hour"))

    class Meta:
        verbose_name = _("hourly costs")
        verbose_name_plural = _("hourly costs")
        constraints = [
            models.UniqueConstraint(fields=["hour", *DIMENSIONS, *COST_KEYS], name="hourly_cost_once"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00} {self.kind} {self.source}"


class DailyCost(CostSums):
    """The same by days of the zone that `Filling.daily_zone` names. Made of `HourlyCost` alone."""

    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("daily costs")
        verbose_name_plural = _("daily costs")
        constraints = [
            models.UniqueConstraint(fields=["day", *DIMENSIONS, *COST_KEYS], name="daily_cost_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.kind} {self.source}"
