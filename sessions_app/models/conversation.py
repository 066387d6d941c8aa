"""What lasts of a conversation: who wrote what when, and who holds it. PostgreSQL is the truth."""

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
    #: How many parts the sender counted in that look.
    external_parts = models.PositiveIntegerField(null=True, blank=True, editable=False)
    assigned_admin_id = models.CharField(_("assigned teammate"), max_length=64, blank=True)
    assigned_team_id = models.CharField(_("assigned team"), max_length=64, blank=True)
    #: The colleague who holds it at the desk; empty while nobody there does, whoever may hold it in the channel.
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("held at the desk by"),
    )
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
    SURVEY = "survey", _("answer to the survey")


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
    #: Customers' messages: how unhappy the customer sounds in it, 0 to 1, read once as it came in.
    unhappiness = models.FloatField(_("how unhappy it sounds"), default=0.0, db_default=0.0)
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
