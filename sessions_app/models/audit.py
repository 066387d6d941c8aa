from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """Who looked at what, and who decided what. The database refuses to change or delete a line.

    No foreign keys and no customers' words: a line outlives everything it names, and nothing in it must be erased.
    """

    class Action(models.TextChoices):
        VIEWED = "viewed", _("looked at")
        CLAIMED = "claimed", _("took into work")
        RELEASED = "released", _("put back")
        APPROVED = "approved", _("approved")
        EDITED = "edited", _("edited and sent")
        REJECTED = "rejected", _("rejected")
        ANSWERED = "answered", _("answered")
        ASKED = "asked", _("asked the customer")
        UNDONE = "undone", _("undid")
        MOVED = "moved", _("moved to a queue")
        ASSIGNED = "assigned", _("gave to a person")
        SNOOZED = "snoozed", _("put to sleep")
        NOTED = "noted", _("wrote a note")
        TAKEN_OVER = "taken_over", _("took over")
        GIVEN_BACK = "given_back", _("gave back to the bot")
        MARKED_WRONG = "marked_wrong", _("marked as wrong")
        CORRECTED = "corrected", _("sent a correction")
        TAUGHT = "taught", _("taught the bot")
        CHECKED = "checked", _("checked a sent answer")
        OVERDUE = "overdue", _("found overdue")

    at = models.DateTimeField(_("when"), default=timezone.now)
    user_id = models.BigIntegerField(_("user"), null=True, blank=True)
    user_name = models.CharField(_("who"), max_length=150, blank=True, help_text=_("Empty: the clock."))
    action = models.CharField(_("what"), max_length=16, choices=Action.choices)
    item_id = models.BigIntegerField(_("question"), null=True, blank=True)
    conversation_id = models.BigIntegerField(_("conversation"), null=True, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("line of the audit log")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["-at"], name="audit_newest"),
            models.Index(fields=["conversation_id", "at"], name="audit_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.user_name} {self.action}"
