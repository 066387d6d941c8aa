"""A short survey: whether, when and how often customers are asked, and what became of each asking."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.delivery import Delivery
from chatbot.models.workspace import Workspace
from sessions_app.models import Conversation, Customer, Message


class Survey(models.Model):
    """One row a workspace; off until somebody switches it on. The words are standard messages."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, related_name="survey", verbose_name=_("Intercom workspace")
    )
    is_on = models.BooleanField(_("asks customers"), default=False)
    ask_after_minutes = models.PositiveIntegerField(
        _("asked after, minutes"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)],
        help_text=_("After the conversation was closed. A customer who writes on meanwhile is not asked."),
    )
    quiet_hours = models.PositiveIntegerField(
        _("over when quiet for, hours"),
        default=24,
        validators=[MaxValueValidator(30 * 24)],
        help_text=_(
            "A conversation that nobody closes is over when the bot answered last and nobody wrote for so long. "
            "0: only closed conversations are asked about."
        ),
    )
    again_after_days = models.PositiveIntegerField(
        _("the same customer again after, days"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Whatever they write about, and whether they answered or not."),
    )
    open_days = models.PositiveIntegerField(
        _("answers taken for, days"),
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
        help_text=_("A number that comes later is a message like any other."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ask_after_minutes__gte=1, again_after_days__gte=1, open_days__gte=1),
                name="survey_in_bounds",
            )
        ]

    def __str__(self) -> str:
        return str(self.workspace)


class SurveyInvitation(models.Model):
    """One customer asked once, and the answer, if one came."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="survey_invitations", verbose_name=_("conversation")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="survey_invitations", verbose_name=_("customer")
    )
    #: The question; what became of it is written there.
    delivery = models.OneToOneField(
        Delivery, on_delete=models.CASCADE, related_name="survey_invitation", verbose_name=_("delivery")
    )
    #: Asked about a closed conversation: an answer leaves it closed.
    was_closed = models.BooleanField(_("conversation was closed"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    score = models.PositiveSmallIntegerField(_("score given"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True, help_text=_("Personal data masked."))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    #: The customer's last message that belongs to the answer.
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("message")
    )
    #: Our word of thanks; "" of words where it is switched off, and then no row.
    thanks = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("thank-you")
    )

    class Meta:
        verbose_name = _("answer to the survey")
        verbose_name_plural = _("answers to the survey")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score=None) | models.Q(score__gte=0, score__lte=10), name="survey_score_in_bounds"
            ),
            models.CheckConstraint(
                condition=models.Q(score=None, answered_at=None)
                | models.Q(score__isnull=False, answered_at__isnull=False),
                name="survey_score_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-asked_at"], name="survey_last_asked"),
            models.Index(fields=["-asked_at"], name="survey_newest"),
        ]

    def __str__(self) -> str:
        return "–" if self.score is None else f"{self.score}/10"
