"""Customers' messages drawn by lot, each with the intent that the bot guessed and what a person says it is."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.intent import INTENT_NAME_CHARACTERS, IntentExample
from chatbot.models.turn import Turn


class IntentCheck(models.Model):
    """One sampled message, and the label that a person gave it. Holds no words of the customer."""

    class Verdict(models.TextChoices):
        WAITING = "", _("not labelled yet")
        RIGHT = "right", _("right")
        WRONG = "wrong", _("wrong")
        UNCLEAR = "unclear", _("cannot tell")

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="check_of_intent", verbose_name=_("turn"))
    #: What the bot guessed then: an intent's name, or "" for "belongs to none".
    guess = models.CharField(_("guessed intent"), max_length=INTENT_NAME_CHARACTERS, blank=True)
    #: 0..1, evenly spread; the smallest are labelled first, so that those labelled are a fair sample at any moment.
    lot = models.FloatField(_("lot"))
    drawn_at = models.DateTimeField(_("drawn"), default=timezone.now)
    verdict = models.CharField(_("label"), max_length=16, choices=Verdict.choices, default=Verdict.WAITING, blank=True)
    #: What the reviewer says it is: a name, or "" for "belongs to none"; without meaning while it waits or is unclear.
    intent = models.CharField(_("right intent"), max_length=INTENT_NAME_CHARACTERS, blank=True)
    example = models.ForeignKey(
        IntentExample, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("example made of it")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("labelled by"),
    )
    decided_at = models.DateTimeField(_("labelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("sampled message")
        verbose_name_plural = _("sampled messages")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict="") | models.Q(decided_at__isnull=False), name="intent_check_has_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(verdict="right") | models.Q(intent=models.F("guess")),
                name="intent_check_right_is_the_guess",
            ),
            models.CheckConstraint(
                condition=~models.Q(verdict="wrong") | ~models.Q(intent=models.F("guess")),
                name="intent_check_wrong_is_another",
            ),
        ]
        indexes = [
            models.Index(fields=["lot"], name="intent_check_waiting", condition=models.Q(verdict="")),
            models.Index(fields=["decided_at"], name="intent_check_decided", condition=~models.Q(verdict="")),
            models.Index(fields=["-drawn_at"], name="intent_check_labelled", condition=~models.Q(verdict="")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_verdict_display()}"
