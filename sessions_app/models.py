"""What lasts of a conversation: who wrote what when, who holds it, what waits for review. PostgreSQL is the truth."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.states import State


class Customer(models.Model):
    """A person who writes to us, as the workspace knows them."""

    workspace = models.CharField(_("workspace"), max_length=64)
    external_id = models.CharField(_("contact id"), max_length=128)
    name = models.CharField(_("name"), max_length=255, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    tier = models.CharField(_("tier"), max_length=64, blank=True, help_text=_("Decides which articles may be used."))
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    created_at = models.DateTimeField(_("first seen"), default=timezone.now)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [models.UniqueConstraint(fields=["workspace", "external_id"], name="customer_once_a_workspace")]

    def __str__(self) -> str:
        return self.name or self.email or self.external_id


class Conversation(models.Model):
    """One thread with one customer."""

    workspace = models.CharField(_("workspace"), max_length=64)
    external_id = models.CharField(_("conversation id"), max_length=128)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("customer")
    )
    state = models.CharField(_("held by"), max_length=16, choices=State.choices, default=State.BOT)
    language = models.CharField(_("language"), max_length=16, blank=True)
    channel = models.CharField(_("channel"), max_length=32, blank=True, default="", db_default="")
    #: When the bot should answer what the customer wrote; empty while nothing waits for the bot.
    reply_due_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    #: Sender's time of the newest event that says who holds the conversation; older ones that come late are ignored.
    holder_event_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: The sender's own "updated" of our last full look; the reconciling poll skips conversations that have not moved.
    external_updated_at = models.BigIntegerField(null=True, blank=True, editable=False)
    assigned_admin_id = models.CharField(_("assigned teammate"), max_length=64, blank=True)
    assigned_team_id = models.CharField(_("assigned team"), max_length=64, blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    rating_remark = models.TextField(_("remark"), blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    updated_at = models.DateTimeField(_("last change"), default=timezone.now)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="conversation_once_a_workspace"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="conversation_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["reply_due_at"], name="conversation_due", condition=models.Q(reply_due_at__isnull=False)
            ),
            models.Index(fields=["-updated_at"], name="conversation_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} ({self.customer})"


class Author(models.TextChoices):
    CUSTOMER = "customer", _("customer")
    BOT = "bot", _("Handrail")
    TEAMMATE = "teammate", _("teammate")
    OTHER_BOT = "other_bot", _("another bot")
    NOTE = "note", _("note")
    EVENT = "event", _("event")


class Effect(models.TextChoices):
    """What one part means for who holds the conversation; kept, so that parts that come late find their place."""

    NONE = "", _("none")
    PERSON = "person", _("a person has it")
    BOT = "bot", _("given to the bot")
    CLOSED = "closed", _("closed")
    TEAM = "team", _("given to a team")
    ANSWERED = "answered", _("answered by another bot")


class Message(models.Model):
    """One part of a conversation; events such as "closed" are parts too, so that the thread is whole."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    external_id = models.CharField(_("part id"), max_length=128)
    author = models.CharField(_("author"), max_length=16, choices=Author.choices)
    author_name = models.CharField(_("author's name"), max_length=255, blank=True)
    text = models.TextField(_("text"), blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    sent_at = models.DateTimeField(_("sent"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    #: Customers' messages: when the bot or a person took care of it. Empty: still waiting.
    handled_at = models.DateTimeField(_("taken care of"), null=True, blank=True)
    redacted = models.BooleanField(_("redacted"), default=False)
    effect = models.CharField(max_length=16, choices=Effect.choices, default=Effect.NONE, blank=True, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "external_id"], name="message_once_a_conversation")
        ]
        indexes = [
            models.Index(
                fields=["conversation"],
                name="message_unhandled",
                condition=models.Q(author=Author.CUSTOMER, handled_at__isnull=True),
            ),
            models.Index(fields=["conversation", "sent_at", "id"], name="message_in_order"),
        ]
        ordering = ["sent_at", "id"]

    def __str__(self) -> str:
        return f"{self.get_author_display()}, {self.sent_at:%Y-%m-%d %H:%M}"


class ReviewItem(models.Model):
    """A draft that waits for a person's word before it may be sent."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        EDITED = "edited", _("edited and sent")
        REJECTED = "rejected", _("rejected")
        SUPERSEDED = "superseded", _("made obsolete")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="review_items")
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

    class Meta:
        verbose_name = _("draft for review")
        verbose_name_plural = _("drafts for review")
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], name="review_item_one_waiting", condition=models.Q(status="waiting")
            ),
            models.CheckConstraint(
                condition=models.Q(status="waiting") | models.Q(decided_at__isnull=False),
                name="review_item_decided_has_time",
            ),
        ]
        indexes = [models.Index(fields=["status", "created_at"], name="review_item_queue")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_status_display()}"


class Handoff(models.Model):
    """A conversation given to people, with everything the bot knew."""

    class Reason(models.TextChoices):
        CUSTOMER_ASKED = "customer_asked", _("the customer asked for a person")
        BOT_FAILED = "bot_failed", _("the bot could not finish")
        REVIEW_REJECTED = "review_rejected", _("the reviewer rejected the draft")
        RULE = "rule", _("a rule of the team")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="handoffs")
    reason = models.CharField(_("reason"), max_length=32, choices=Reason.choices)
    packet = models.JSONField(_("packet"), default=dict)
    created_at = models.DateTimeField(_("handed over"), default=timezone.now)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        indexes = [models.Index(fields=["-created_at"], name="handoff_newest")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.created_at:%Y-%m-%d %H:%M}"
