"""What waits for a person, what is typed about it, and what is kept to type faster."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models.conversation import Conversation
from sessions_app.models.queue import ReviewQueue
from sessions_app.reason_classes import ReasonClass


def default_queue_id() -> int:
    """The queue that takes the rest; made where it is missing."""
    found = ReviewQueue.objects.filter(is_default=True).values_list("pk", flat=True).first()
    if found is None:
        found = ReviewQueue.objects.get_or_create(is_default=True, defaults={"name": "Everything else"})[0].pk
    return found


class ReviewItem(models.Model):
    """A question that waits for a person: a draft for their word, or a conversation handed over."""

    class Kind(models.TextChoices):
        DRAFT = "draft", _("draft")
        HANDOVER = "handover", _("handed over")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        EDITED = "edited", _("edited and sent")
        REJECTED = "rejected", _("rejected")
        SUPERSEDED = "superseded", _("made obsolete")
        ANSWERED = "answered", _("answered by a person")
        ASKED = "asked", _("customer asked back")
        TAKEN = "taken", _("taken over")
        GIVEN_BACK = "given_back", _("given back to the bot")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="review_items")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.DRAFT, db_default="draft")
    queue = models.ForeignKey(
        ReviewQueue,
        on_delete=models.SET(default_queue_id),
        default=default_queue_id,
        related_name="items",
        verbose_name=_("queue"),
    )
    reason_class = models.CharField(
        _("reason"),
        max_length=32,
        choices=ReasonClass.choices,
        default=ReasonClass.LOW_CONFIDENCE,
        db_default="low_confidence",
    )
    scenario = models.CharField(_("scenario"), max_length=20, blank=True, default="", db_default="")
    question = models.TextField(_("question"))
    draft = models.TextField(_("draft"), blank=True, help_text=_("Markdown."))
    answer = models.TextField(_("answer sent"), blank=True)
    confidence = models.FloatField(_("confidence"))
    threshold = models.FloatField(_("threshold"))
    reasons = models.JSONField(_("reasons"), default=list)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("decided by")
    )
    decision_note = models.TextField(_("why"), blank=True)
    created_at = models.DateTimeField(_("waiting since"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    #: When the queue's target is missed; empty for items that are older than queues.
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    #: When its being late was acted upon, which happens once.
    overdue_at = models.DateTimeField(_("found overdue"), null=True, blank=True, editable=False)
    is_escalated = models.BooleanField(_("escalated"), default=False, db_default=False, editable=False)
    snoozed_until = models.DateTimeField(_("asleep until"), null=True, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("meant for"),
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in work with"),
    )
    #: A claim is worth something until then; whoever is at it moves it on.
    claimed_until = models.DateTimeField(_("in work until"), null=True, blank=True)
    #: The older item that this one took the place of, because the customer wrote on.
    replaces = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by", editable=False
    )

    class Meta:
        verbose_name = _("question for people")
        verbose_name_plural = _("questions for people")
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], name="review_item_one_waiting", condition=models.Q(status="waiting")
            ),
            models.CheckConstraint(
                condition=models.Q(status="waiting") | models.Q(decided_at__isnull=False),
                name="review_item_decided_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(claimed_by__isnull=True) | models.Q(claimed_until__isnull=False),
                name="review_item_claim_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "created_at"], name="review_item_queue"),
            models.Index(
                fields=["queue", "created_at"], name="review_item_waiting", condition=models.Q(status="waiting")
            ),
            models.Index(fields=["due_at"], name="review_item_due", condition=models.Q(status="waiting")),
            models.Index(fields=["-decided_at"], name="review_item_decided"),
        ]
        permissions = [("take_over_conversation", _("Can take conversations over and give them back"))]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_status_display()}"


class WorkingText(models.Model):
    """What a colleague has typed and not sent yet, so that no browser can lose it."""

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="working_texts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("unsent text")
        verbose_name_plural = _("unsent texts")
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="working_text_once")]

    def __str__(self) -> str:
        return f"#{self.item_id}, {self.user}"


class Macro(models.Model):
    """Words that a colleague puts into an answer with two keys."""

    name = models.CharField(_("name"), max_length=100)
    language = models.CharField(
        _("language"), max_length=16, blank=True, help_text=_("Offered first in such conversations. Empty: in all.")
    )
    text = models.TextField(
        _("text"),
        max_length=5_000,
        help_text=_("Markdown. {name} becomes the customer's name, {me} yours."),
    )
    is_on = models.BooleanField(_("on"), default=True)

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "language"], name="macro_once_a_language")]

    def __str__(self) -> str:
        return self.name
