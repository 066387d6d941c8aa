import math
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.intent import check_readable
from chatbot.models.scenario import Scenario

TOKENS_LEAST, TOKENS_MOST = 64, 8_192
#: What decides how the bot answers; a name or who is the default does not.
STEERING_FIELDS = (
    "temperature",
    "top_p",
    "maximum_tokens",
    "passages",
    "reasoning_effort",
    "tone",
    "length",
    "threshold",
    "always_review",
)


def check_name(value: str) -> None:
    check_readable(value)
    if not any(sign.isalnum() for sign in value):
        raise ValidationError(_("Give a name with at least one letter or digit."))


class TemperatureProfile(models.Model):
    """How warm, how long and how strict the bot is. Exactly one is the default, kept so by the database."""

    class Effort(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    name = models.CharField(
        _("name"),
        max_length=64,
        unique=True,
        validators=[check_name],
        help_text=_("Trigger rules choose a profile by this name."),
    )
    scenario = models.CharField(
        _("used for"),
        max_length=20,
        choices=Scenario.choices,
        blank=True,
        help_text=_("Messages of this scenario use the profile. Empty: only where a rule names it, or as the default."),
    )
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Used where neither a rule nor the scenario chooses.")
    )
    temperature = models.FloatField(
        _("temperature"),
        default=0.3,
        validators=[MinValueValidator(0.0), MaxValueValidator(2.0)],
        help_text=_("0 to 2. 0.3 keeps to the articles; 0.7 words more freely."),
    )
    top_p = models.FloatField(
        _("top_p"),
        default=1.0,
        validators=[MinValueValidator(0.01), MaxValueValidator(1.0)],
        help_text=_("0.01 to 1. Under 1, improbable words are never chosen."),
    )
    maximum_tokens = models.PositiveIntegerField(
        _("most tokens of an answer"),
        default=800,
        validators=[MinValueValidator(TOKENS_LEAST), MaxValueValidator(TOKENS_MOST)],
        help_text=_("64 to 8192, hidden reasoning included."),
    )
    passages = models.PositiveSmallIntegerField(
        _("passages shown to the model"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(8)],
        help_text=_("1 to 8. More passages cost more tokens of the prompt."),
    )
    reasoning_effort = models.CharField(
        _("reasoning effort"),
        max_length=6,
        choices=Effort.choices,
        default=Effort.LOW,
        help_text=_("How long the model thinks before it answers; more costs time."),
    )
    tone = models.CharField(
        _("tone"),
        max_length=500,
        blank=True,
        validators=[check_readable],
        help_text=_("In plain words, for example: warm and calm, never joking."),
    )
    length = models.CharField(
        _("length"),
        max_length=200,
        blank=True,
        validators=[check_readable],
        help_text=_("In plain words, for example: at most three short sentences. Empty: at most six."),
    )
    threshold = models.FloatField(
        _("threshold"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("Confidence from which an answer is sent alone, 0 to 1. Empty: the team's own."),
    )
    always_review = models.BooleanField(
        _("a person always reviews"), default=False, help_text=_("Every draft waits for a person, however sure.")
    )
    #: Raised by each save that changes what the profile does; a turn names it.
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], name="profile_one_default", condition=Q(is_default=True)),
            models.UniqueConstraint(fields=["scenario"], name="profile_one_for_a_scenario", condition=~Q(scenario="")),
            models.CheckConstraint(condition=~Q(name=""), name="profile_has_a_name"),
            models.CheckConstraint(
                condition=Q(scenario="") | Q(scenario__in=Scenario.values), name="profile_scenario_known"
            ),
            models.CheckConstraint(
                condition=Q(temperature__gte=0, temperature__lte=2), name="profile_temperature_in_bounds"
            ),
            models.CheckConstraint(condition=Q(top_p__gt=0, top_p__lte=1), name="profile_top_p_is_a_share"),
            models.CheckConstraint(
                condition=Q(maximum_tokens__gte=TOKENS_LEAST, maximum_tokens__lte=TOKENS_MOST),
                name="profile_tokens_in_bounds",
            ),
            models.CheckConstraint(condition=Q(passages__gte=1, passages__lte=8), name="profile_passages_in_bounds"),
            models.CheckConstraint(
                condition=Q(reasoning_effort__in=["low", "medium", "high"]), name="profile_effort_known"
            ),
            models.CheckConstraint(
                condition=Q(threshold__isnull=True) | Q(threshold__gte=0, threshold__lte=1),
                name="profile_threshold_is_a_probability",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A change of what the profile does is a new version of it."""
        before = TemperatureProfile.objects.filter(pk=self.pk).values(*STEERING_FIELDS, "version").first()
        if before is not None and any(before[name] != getattr(self, name) for name in STEERING_FIELDS):
            self.version = before["version"] + 1
            self.updated_at = timezone.now()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """What the database would refuse, said at the field."""
        self.name = " ".join(self.name.split())
        others = TemperatureProfile.objects.exclude(pk=self.pk)
        problems: dict[str, Any] = {}
        default = others.filter(is_default=True).first()
        if self.is_default and default is not None:
            problems["is_default"] = _(
                "“%(name)s” is the default, and there can be one only: use “Make this the default” in the list."
            ) % {"name": default.name}
        if not self.is_default and default is None:
            problems["is_default"] = _("One profile must be the default: make another one the default instead.")
        taken = others.filter(scenario=self.scenario).first() if self.scenario else None
        if taken is not None:
            problems["scenario"] = _("“%(name)s” is used for this scenario already.") % {"name": taken.name}
        for field in ("temperature", "top_p", "threshold"):
            value = getattr(self, field)
            if value is not None and isinstance(value, float) and math.isnan(value):
                problems[field] = _("Write a number.")
        if problems:
            raise ValidationError(problems)
