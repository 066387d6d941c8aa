from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.llm.translating import Problem
from sessions_app.models import Conversation, Message, ReviewItem


class Translation(models.Model):
    """A message, or a draft, in a colleague's language: made once, forgotten with its original."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READY = "ready", _("translated")
        SAME = "same", _("already in this language")
        FAILED = "failed", _("failed")

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="translations", verbose_name=_("conversation")
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, null=True, related_name="translations", verbose_name=_("message")
    )
    item = models.ForeignKey(
        ReviewItem, on_delete=models.CASCADE, null=True, related_name="translations", verbose_name=_("draft")
    )
    language = models.CharField(_("language"), max_length=16)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    text = models.TextField(_("text"), blank=True)
    is_cut = models.BooleanField(_("only the beginning"), default=False)
    problem = models.CharField(max_length=32, blank=True, choices=[(one.value, one.value) for one in Problem])
    model = models.CharField(_("model"), max_length=300, blank=True)
    prompt_version = models.PositiveIntegerField(_("version of the prompt"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        constraints = [
            models.UniqueConstraint(
                fields=["message", "language"], name="translation_message_once", condition=Q(message__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["item", "language"], name="translation_draft_once", condition=Q(item__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(message__isnull=False, item__isnull=True) | Q(message__isnull=True, item__isnull=False),
                name="translation_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "language"], name="translation_of_conversation"),
            models.Index(fields=["created_at"], name="translation_waiting", condition=Q(status="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.get_status_display()}"
