from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from chatbot.models.intent import Intent, check_readable
from chatbot.models.scenario import Scenario

GUIDANCE_CHARACTERS = 500


class Guidance(models.Model):
    """One instruction to the model in plain language, with the conditions under which it applies."""

    text = models.CharField(
        _("instruction"),
        max_length=GUIDANCE_CHARACTERS,
        validators=[check_readable],
        help_text=_("One instruction in plain words, for example: never promise a delivery date."),
    )
    subject = models.CharField(
        _("subject"),
        max_length=64,
        blank=True,
        validators=[check_readable],
        help_text=_(
            "What it is about, for example: delivery date. Of two with one subject the higher priority applies."
        ),
    )
    priority = models.IntegerField(_("priority"), default=0, help_text=_("Higher comes first."))
    is_on = models.BooleanField(_("on"), default=True)
    scenarios = ArrayField(
        models.CharField(max_length=20, choices=Scenario.choices),
        default=list,
        blank=True,
        verbose_name=_("scenarios"),
        help_text=_("None: all."),
    )
    intents = models.ManyToManyField(Intent, blank=True, verbose_name=_("intents"), help_text=_("None: all."))
    languages = ArrayField(
        models.CharField(max_length=16),
        default=list,
        blank=True,
        verbose_name=_("languages"),
        help_text=_("Codes such as en or zh-hans, separated by commas; empty = all."),
    )
    customer_tiers = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        verbose_name=_("customer tiers"),
        help_text=_("Separated by commas; empty = everybody."),
    )
    note = models.CharField(_("note"), max_length=500, blank=True, help_text=_("For colleagues: why it is there."))
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    history = HistoricalRecords(m2m_fields=[intents])

    class Meta:
        verbose_name = _("guidance")
        verbose_name_plural = _("guidance")
        ordering = ["-priority", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="guidance_says_something"),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        self.text = " ".join(self.text.split())
        self.subject = " ".join(self.subject.split()).casefold()
        if not any(sign.isalnum() for sign in self.text):
            raise ValidationError({"text": _("Write one instruction in plain words.")})
