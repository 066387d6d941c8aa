from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class IntentModel(models.Model):
    """One training: its progress, what it measured, and the model itself. At most one is active."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("in training")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.WAITING)
    is_active = models.BooleanField(_("active"), default=False)
    #: Percent of the training done, and the step that it is at.
    progress = models.PositiveSmallIntegerField(_("progress"), default=0)
    step = models.CharField(_("step"), max_length=40, blank=True)
    error = models.CharField(_("what happened"), max_length=500, blank=True)
    #: What `chatbot.intents.storage.packed` returns; null until it is ready.
    data = models.BinaryField(null=True)
    #: What `chatbot.intents.report.report_of` returns.
    report = models.JSONField(_("report"), default=dict)
    created_at = models.DateTimeField(_("asked for"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("asked for by")
    )
    started_at = models.DateTimeField(_("started"), null=True)
    heard_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], name="intent_model_one_is_active", condition=models.Q(is_active=True)
            ),
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(status="ready", data__isnull=False),
                name="intent_model_active_is_ready",
            ),
            models.CheckConstraint(condition=models.Q(progress__lte=100), name="intent_model_progress_is_percent"),
        ]

    def __str__(self) -> str:
        return f"v{self.pk}"
