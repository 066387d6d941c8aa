"""Experiments: a share of customers is treated another way, so that what differs later has no other cause."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.prompt_version import PromptVersion
from chatbot.models.temperature_profile import TemperatureProfile
from chatbot.prompts.shipped import ANSWERING

LARGEST_SHARE = 50
#: Fewer customers than this an arm are never enough to plan for.
LEAST_CUSTOMERS = 50


def new_salt() -> str:
    return uuid.uuid4().hex


class Experiment(models.Model):
    """One question put to real conversations: written, started once, stopped once, kept."""

    class Lever(models.TextChoices):
        """What is other in the tried arm. Of each, one experiment runs at a time."""

        PROMPT = "prompt", _("another prompt")
        PROFILE = "profile", _("another default profile")
        THRESHOLD = "threshold", _("another threshold")
        HOLDOUT = "holdout", _("no bot: straight to people")

    class Arm(models.TextChoices):
        CONTROL = "control", _("as today")
        TRIED = "tried", _("tried")

    class Goal(models.TextChoices):
        """Names of statistics of the business level."""

        RESOLUTION = "resolution", _("Resolution")
        INTERVENTION = "intervention", _("People stepped in")
        HANDOVERS = "handovers", _("Handed over")
        CSAT = "csat", _("Satisfaction (CSAT)")
        FIRST_RESPONSE = "first_response", _("First word after")
        REOPENED = "reopened", _("Reopened")
        FIRST_CONTACT = "first_contact", _("Resolved at first contact")
        NPS = "nps", _("Recommendation (NPS)")
        SCORE = "score", _("Score")

    #: What an arm without a bot can be compared in: the others say how the bot did.
    WITHOUT_BOT = (Goal.CSAT, Goal.NPS, Goal.SCORE, Goal.FIRST_RESPONSE, Goal.REOPENED)

    name = models.CharField(_("name"), max_length=120)
    why = models.TextField(_("what you expect, and why"), blank=True, help_text=_("Written before the first number."))
    lever = models.CharField(_("what is other"), max_length=20, choices=Lever.choices)
    prompt = models.ForeignKey(
        PromptVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"name__in": sorted(name.value for name in ANSWERING)},
        verbose_name=_("prompt"),
        help_text=_("A version that is not active. Versions never change."),
    )
    profile = models.ForeignKey(
        TemperatureProfile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("profile"),
        help_text=_("Is the default in the tried arm, with its values of the moment of the start."),
    )
    threshold = models.FloatField(
        _("threshold"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("Instead of the team's own. Profiles with a threshold of their own keep theirs."),
    )
    share = models.PositiveSmallIntegerField(
        _("customers in the tried arm, %"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_SHARE)],
        help_text=_("1 to 50. The others are treated as today. 50 answers soonest, less risks less."),
    )
    goal = models.CharField(
        _("decides"),
        max_length=20,
        choices=Goal.choices,
        default=Goal.RESOLUTION,
        help_text=_("The one figure that answers the question; the others are looked at beside it."),
    )
    customers = models.PositiveIntegerField(
        _("customers planned, each arm"),
        default=400,
        validators=[MinValueValidator(LEAST_CUSTOMERS), MaxValueValidator(1_000_000)],
        help_text=_("Said before the start: until then the answer may be “too early to say”."),
    )
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    #: `trying.change.Change` as it was at the start: payload; and in words.
    payload = models.JSONField(default=dict, editable=False)
    subject = models.CharField(_("tried"), max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("started by"),
    )
    stopped_at = models.DateTimeField(_("stopped"), null=True, editable=False)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("stopped by"),
    )
    conclusion = models.CharField(_("why it was stopped"), max_length=300, blank=True, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lever"],
                name="experiment_one_running_a_lever",
                condition=Q(started_at__isnull=False, stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True)
                | Q(started_at__isnull=False, stopped_at__gte=models.F("started_at")),
                name="experiment_starts_before_it_stops",
            ),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=LARGEST_SHARE), name="experiment_share_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.started_at is None

    @property
    def is_running(self) -> bool:
        return self.started_at is not None and self.stopped_at is None

    def clean(self) -> None:
        """The lever has its value and no other one; the goal can be known in both arms."""
        values = {self.Lever.PROMPT: "prompt", self.Lever.PROFILE: "profile", self.Lever.THRESHOLD: "threshold"}
        problems: dict[str, Any] = {}
        for lever, field in values.items():
            if lever == self.lever and getattr(self, field) is None:
                problems[field] = _("Say what is tried.")
            elif lever != self.lever:
                setattr(self, field, None)
        if self.lever == self.Lever.PROMPT and self.prompt is not None and self.prompt.name not in ANSWERING:
            problems["prompt"] = _("This prompt writes no answers: there is nothing to compare.")
        elif self.lever == self.Lever.PROMPT and self.prompt is not None and self.prompt.is_active:
            problems["prompt"] = _("This version is active: both arms would be the same.")
        if self.lever == self.Lever.PROFILE and self.profile is not None and self.profile.is_default:
            problems["profile"] = _("This profile is the default: both arms would be the same.")
        if self.lever == self.Lever.HOLDOUT and self.goal not in self.WITHOUT_BOT:
            problems["goal"] = _("Without a bot only satisfaction, the first word and reopening can be compared.")
        if problems:
            raise ValidationError(problems)
