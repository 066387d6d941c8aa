from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Conversation


class ModelReading(models.Model):
    """How satisfied a customer seemed to the configured model: at most one row a conversation, the newest reading."""

    class Status(models.TextChoices):
        ASKED = "asked", _("being read")
        READ = "read", _("read")
        UNREADABLE = "unreadable", _("the reply was no reading")
        FAILED = "failed", _("the model failed")
        UNFIT = "unfit", _("cannot be put before a model")

    conversation = models.OneToOneField(
        Conversation,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="model_reading",
        verbose_name=_("conversation"),
    )
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.ASKED)
    rating = models.SmallIntegerField(_("reading, 1 to 5"), null=True)
    #: The model's own words, about masked text; may repeat what the customer wrote.
    reason = models.CharField(_("why"), max_length=300, blank=True)
    #: Messages of the customer when it was read: with more the conversation is read anew.
    customer_messages = models.IntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(_("calls"), default=1)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    #: Whose tokens these are; "" until a model has answered.
    pool = models.CharField(_("model pool"), max_length=64, blank=True, default="", db_default="")
    model = models.CharField(_("model"), max_length=300, blank=True)
    prompt = models.PositiveIntegerField(_("version of the prompt"), null=True)
    tokens_read = models.PositiveIntegerField(_("tokens read"), default=0)
    tokens_written = models.PositiveIntegerField(_("tokens written"), default=0)
    milliseconds = models.FloatField(_("model's time, ms"), default=0.0, db_default=0.0)

    class Meta:
        verbose_name = _("a model's reading")
        verbose_name_plural = _("a model's readings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__gte=1, rating__lte=5),
                name="model_reading_in_bounds",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="read") | models.Q(rating__isnull=False), name="model_reading_has_rating"
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], name="model_reading_asked")]

    def __str__(self) -> str:
        return f"{self.conversation_id}: {self.get_status_display()}"
