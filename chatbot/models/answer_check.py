"""Answers that were sent without a person are sampled, and a person says afterwards whether they were right."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.turn import Turn
from sessions_app.models import ReviewQueue


class SamplingRule(models.Model):
    """How many of which answers are checked. The first that fits by position counts."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_on = models.BooleanField(_("on"), default=True)
    position = models.PositiveIntegerField(
        _("position"), default=0, help_text=_("Of several rules that fit, the one with the smallest number counts.")
    )
    percent = models.FloatField(
        _("share, %"),
        default=5.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
        help_text=_("Of the answers that the bot sent by itself. 0 checks none of those that fit this rule."),
    )
    scenarios = models.CharField(
        _("scenarios"),
        max_length=500,
        blank=True,
        help_text=_("Such as order, return or complaint; separated by commas. Empty: any."),
    )
    intents = models.CharField(
        _("intents"), max_length=2_000, blank=True, help_text=_("Names, separated by commas. Empty: any.")
    )
    languages = models.CharField(
        _("languages"),
        max_length=500,
        blank=True,
        help_text=_("Codes such as en, zh; zh includes zh-hans. Empty: any."),
    )
    queue = models.ForeignKey(
        ReviewQueue,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("queue"),
        help_text=_("Whose members check them. Empty: everybody who may check answers."),
    )

    class Meta:
        verbose_name = _("sampling rule")
        verbose_name_plural = _("sampling rules")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lte=100), name="sampling_rule_percent_in_bounds"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AnswerCheck(models.Model):
    """One sampled answer, and the word about it."""

    class Verdict(models.TextChoices):
        WAITING = "", _("not checked yet")
        RIGHT = "right", _("right")
        WRONG = "wrong", _("wrong")
        UNCLEAR = "unclear", _("cannot tell")

    class Fault(models.TextChoices):
        FACT = "fact", _("says something false")
        MISSING = "missing", _("leaves out what matters")
        OTHER_QUESTION = "other_question", _("answers another question")
        OUTDATED = "outdated", _("the article is out of date")
        NEEDED_PERSON = "needed_person", _("a person should have answered")
        TONE = "tone", _("wrong tone")
        LANGUAGE = "language", _("wrong language")

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="check_of_answer", verbose_name=_("turn"))
    rule = models.ForeignKey(
        SamplingRule, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("sampling rule")
    )
    queue = models.ForeignKey(
        ReviewQueue, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("queue")
    )
    #: How probable it was that this answer is drawn, 0..1: what the scorecard weighs it by.
    chance = models.FloatField(_("chance"))
    drawn_at = models.DateTimeField(_("drawn"), default=timezone.now)
    verdict = models.CharField(
        _("verdict"), max_length=16, choices=Verdict.choices, default=Verdict.WAITING, blank=True, db_index=True
    )
    faults = ArrayField(
        models.CharField(max_length=16, choices=Fault.choices),
        default=list,
        blank=True,
        verbose_name=_("what is wrong"),
    )
    note = models.TextField(_("why"), max_length=2_000, blank=True)
    better = models.TextField(
        _("better answer"), max_length=10_000, blank=True, help_text=_("Markdown. What the bot should have said.")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checked by"),
    )
    decided_at = models.DateTimeField(_("checked"), null=True, blank=True)

    class Meta:
        verbose_name = _("sampled answer")
        verbose_name_plural = _("sampled answers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(chance__gt=0, chance__lte=1), name="answer_check_chance_is_a_probability"
            ),
            models.CheckConstraint(
                condition=models.Q(verdict="") | models.Q(decided_at__isnull=False), name="answer_check_has_time"
            ),
        ]
        indexes = [models.Index(fields=["-drawn_at"], name="answer_check_newest")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_verdict_display()}"
