"""Changes that are tried on an evaluation set before they are live, and sets that a change must pass."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from knowledge.models import KnownQuestion, QuestionSet


class ChangeKind(models.TextChoices):
    PROFILE = "profile", _("a profile")
    PROMPT = "prompt", _("a prompt")
    THRESHOLD = "threshold", _("the threshold")
    CALIBRATION = "calibration", _("the calibration of the confidence")
    INTENTS = "intents", _("the trained intents")
    EMBEDDER = "embedder", _("the embedder")
    MODEL = "model", _("the language model")
    RULES = "rules", _("sensitive words and trigger rules")


class ChangeTrial(models.Model):
    """An evaluation set asked twice, as everything is today and with one change."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("at work")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    question_set = models.ForeignKey(
        QuestionSet, on_delete=models.CASCADE, related_name="trials", verbose_name=_("evaluation set")
    )
    kind = models.CharField(_("what changes"), max_length=20, choices=ChangeKind.choices)
    payload = models.JSONField(default=dict)  #: of `trying.changes.Change`
    key = models.CharField(max_length=32)  #: of the same
    subject = models.CharField(_("change"), max_length=200)  #: in words
    #: Of the questions as they were when it was asked for: a gate wants them as they are now.
    fingerprint = models.CharField(max_length=64)
    last_question = models.BigIntegerField(default=0)  #: id; questions added later belong to the next trial
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    total = models.PositiveIntegerField(_("questions"), default=0)
    done = models.PositiveIntegerField(_("asked"), default=0)
    error = models.CharField(_("what happened"), max_length=500, blank=True)
    summary = models.JSONField(default=dict)  #: of `trying.comparing.Summary`, once it is done
    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("asked for by")
    )
    heard_at = models.DateTimeField(null=True)  #: its worker's last sign of life
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("trial of a change")
        verbose_name_plural = _("trials of changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "key"], name="change_trial_of_a_change")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "running", "done", "cancelled", "failed"]),
                name="change_trial_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.RUNNING)


class TrialAnswer(models.Model):
    """One question of a trial, answered both ways. Nothing of it was stored, counted or sent anywhere else."""

    class Grade(models.IntegerChoices):
        """How good an answer is for the customer; higher is better."""

        WRONG_SENT = 0, _("a wrong answer is sent")
        NOT_ANSWERED = 1, _("no answer is sent")
        RIGHT_HELD = 2, _("a right draft waits for a person")
        RIGHT = 3, _("right")

    class Effect(models.TextChoices):
        BETTER = "better", _("better")
        WORSE = "worse", _("worse")
        SAME = "same", _("the same")
        OTHER = "other", _("other, and nobody has said what is right")
        FAILED = "failed", _("could not be asked")

    trial = models.ForeignKey(ChangeTrial, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(KnownQuestion, on_delete=models.SET_NULL, null=True, related_name="+")
    number = models.BigIntegerField()  #: the question's id, also when it is gone
    text = models.TextField(_("question"))
    today = models.JSONField(default=dict)  #: of `trying.asking.Asked`
    changed = models.JSONField(default=dict)
    today_grade = models.SmallIntegerField(null=True, choices=Grade.choices)  #: null = nobody has said what is right
    changed_grade = models.SmallIntegerField(null=True, choices=Grade.choices)
    effect = models.CharField(_("effect"), max_length=10, choices=Effect.choices)
    is_slower = models.BooleanField(_("slower"), default=False)
    is_dearer = models.BooleanField(_("dearer"), default=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "number"], name="trial_answer_once_a_question"),
        ]
        indexes = [models.Index(fields=["trial", "effect"], name="trial_answer_effect")]

    def __str__(self) -> str:
        return self.text[:90]


class Gate(models.Model):
    """An evaluation set that a change must pass before it goes live."""

    question_set = models.OneToOneField(
        QuestionSet, on_delete=models.CASCADE, related_name="gate", verbose_name=_("evaluation set")
    )
    kinds = ArrayField(
        models.CharField(max_length=20, choices=ChangeKind.choices),
        verbose_name=_("guards"),
        help_text=_("A change of these goes live only after it has passed."),
    )
    most_worse = models.PositiveIntegerField(_("most questions that may get worse"), default=0, help_text=_("0: none."))
    least_right = models.FloatField(
        _("least share of right answers"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("0 to 1, of the questions whose right answer is known. Empty: not asked for."),
    )
    is_on = models.BooleanField(_("on"), default=True)

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        ordering = ["question_set__name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(least_right__isnull=True) | models.Q(least_right__gte=0, least_right__lte=1),
                name="gate_least_right_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return str(self.question_set)


class GateOverride(models.Model):
    """A person let a change go live that had not passed its gates, and said why. Kept for good."""

    kind = models.CharField(_("what changes"), max_length=20, choices=ChangeKind.choices)
    key = models.CharField(max_length=32)
    subject = models.CharField(_("change"), max_length=200)
    problem = models.TextField(_("what the gates said"))
    reason = models.TextField(
        _("reason"), max_length=2000, validators=[MinLengthValidator(10, _("Say why in a sentence."))]
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("who")
    )

    class Meta:
        verbose_name = _("gate passed by")
        verbose_name_plural = _("gates passed by")
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "key"], name="gate_override_of_a_change")]

    def __str__(self) -> str:
        return self.subject

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.full_clean(exclude=["created_by"])
        super().save(*args, **kwargs)
