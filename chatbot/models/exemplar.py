from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.intent import check_readable
from chatbot.models.scenario import Scenario
from knowledge.models.article import check_attributes

QUESTION_CHARACTERS = 600
ANSWER_CHARACTERS = 1_500


class Exemplar(models.Model):
    """A question with an answer as the team likes it, shown to the model as an example. Holds no personal data."""

    question = models.TextField(_("question"), max_length=QUESTION_CHARACTERS)
    answer = models.TextField(
        _("answer"), max_length=ANSWER_CHARACTERS, help_text=_("As the bot should say it; Markdown, without links.")
    )
    scenario = models.CharField(
        _("scenario"),
        max_length=20,
        choices=Scenario.choices,
        blank=True,
        help_text=_("Shown where a message has this scenario. Empty: for all."),
    )
    language = models.CharField(
        _("language"),
        max_length=20,
        default="en",
        validators=[RegexValidator(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$", _("Write a code such as en or zh-hans."))],
        help_text=_("A code such as en or zh-hans. Shown for questions in this language only."),
    )
    audience_tiers = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("customer tiers"),
        default=list,
        blank=True,
        help_text=_("Separated by commas; empty = everybody."),
    )
    audience_attributes = models.JSONField(
        _("customer attributes"),
        default=dict,
        blank=True,
        validators=[check_attributes],
        help_text=_("One a line, for example: country = de. All must be equal; empty = everybody."),
    )
    is_on = models.BooleanField(_("on"), default=True, help_text=_("Approved, and shown to the model."))
    note = models.CharField(_("note"), max_length=200, blank=True, validators=[check_readable])
    #: The turn from which it was taken, if it was.
    turn = models.ForeignKey(
        "chatbot.Turn", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("turn")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("example for the model")
        verbose_name_plural = _("examples for the model")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(question="") & ~Q(answer=""), name="exemplar_has_words"),
            models.CheckConstraint(
                condition=Q(scenario="") | Q(scenario__in=Scenario.values), name="exemplar_scenario_known"
            ),
        ]

    def __str__(self) -> str:
        return self.question[:60]

    def clean(self) -> None:
        self.audience_tiers = list(dict.fromkeys(tier.strip() for tier in self.audience_tiers if tier.strip()))
