from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class InboundEvent(models.Model):
    """One webhook notification as it came, kept before it is understood. Written by `chatbot.webhooks` in plain SQL."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSED = "processed", _("processed")
        IGNORED = "ignored", _("nothing to do")
        FAILED = "failed", _("not understood")

    app_id = models.CharField(_("workspace id"), max_length=64, blank=True)
    notification_id = models.CharField(_("notification id"), max_length=128, null=True, blank=True)
    topic = models.CharField(_("topic"), max_length=128, blank=True)
    #: The raw body. Text, not jsonb: jsonb refuses \\u0000 and would change what was signed.
    payload = models.TextField(_("payload"))
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.RECEIVED, db_default=Status.RECEIVED
    )
    error = models.TextField(_("error"), blank=True, default="", db_default="")
    received_at = models.DateTimeField(_("received"), db_default=Now())
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)

    class Meta:
        verbose_name = _("incoming notification")
        verbose_name_plural = _("incoming notifications")
        constraints = [
            models.UniqueConstraint(fields=["app_id", "notification_id"], name="inbound_event_once"),
        ]
        indexes = [
            models.Index(fields=["received_at"], name="inbound_event_waiting", condition=models.Q(status="received")),
            models.Index(fields=["-received_at"], name="inbound_event_newest"),
            models.Index(fields=["id"], name="inbound_event_failed", condition=models.Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.topic}"
