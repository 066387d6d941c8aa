import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.scenario import Scenario

#: Characters an example may have: what says more than this says several things.
EXAMPLE_CHARACTERS = 1_000
INTENT_NAME_CHARACTERS = 64

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
#: What classifiers and data sets call "none of them": never the name of an intent.
OUT_OF_SCOPE_NAMES = frozenset({"oos", "out_of_scope", "out-of-scope", "out of scope"})


def example_key(text: str) -> str:
    """What makes two examples the same: their words without case, blanks and closing marks."""
    return " ".join(text.casefold().split()).rstrip(" .!?。！？")[:EXAMPLE_CHARACTERS]


def check_readable(value: str) -> None:
    """Refuses control characters and invisible signs, which make two names look alike."""
    if _CONTROL.search(value):
        raise ValidationError(_("Take out the control characters and invisible signs."))


def check_intent_name(value: str) -> None:
    check_readable(value)
    if not any(sign.isalnum() for sign in value):
        raise ValidationError(_("Give a name with at least one letter or digit."))
    if value.strip().casefold() in OUT_OF_SCOPE_NAMES:
        raise ValidationError(_("This name is kept for messages that belong to no intent; choose another."))


class Intent(models.Model):
    """Something that customers want, known by examples."""

    name = models.CharField(
        _("name"),
        max_length=INTENT_NAME_CHARACTERS,
        unique=True,
        validators=[check_intent_name],
        help_text=_("Short and plain, in any language, for example: delivery date."),
    )
    scenario = models.CharField(
        _("scenario"),
        max_length=20,
        choices=Scenario.choices,
        default=Scenario.CONSULTATION,
        help_text=_("Decides the profile (tone, temperature, threshold) where no rule does."),
    )
    description = models.CharField(
        _("what belongs here"), max_length=500, blank=True, help_text=_("For colleagues who label messages.")
    )
    is_on = models.BooleanField(_("on"), default=True, help_text=_("Off: left out of the next training."))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="intent_has_a_name"),
            models.CheckConstraint(condition=models.Q(scenario__in=Scenario.values), name="intent_scenario_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name = " ".join(self.name.split())


class IntentExample(models.Model):
    """Words of a customer that mean an intent. The same words mean one intent only."""

    class Source(models.TextChoices):
        TYPED = "typed", _("typed")
        IMPORTED = "imported", _("imported")
        LABELLED = "labelled", _("labelled message")
        SAMPLE = "sample", _("sample")

    intent = models.ForeignKey(Intent, on_delete=models.CASCADE, related_name="examples", verbose_name=_("intent"))
    text = models.CharField(_("text"), max_length=EXAMPLE_CHARACTERS, validators=[check_readable])
    #: `example_key(text)`.
    key = models.CharField(max_length=EXAMPLE_CHARACTERS, editable=False)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.TYPED, editable=False)
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, verbose_name=_("added by")
    )

    class Meta:
        verbose_name = _("example")
        verbose_name_plural = _("examples")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="intent_example_means_one_intent"),
            models.CheckConstraint(condition=~models.Q(key=""), name="intent_example_has_words"),
        ]

    def __str__(self) -> str:
        return self.text

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = example_key(self.text)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.text = " ".join(self.text.split())
        self.key = example_key(self.text)
        if not self.key:
            raise ValidationError({"text": _("Write some words.")})
        other = IntentExample.objects.filter(key=self.key).exclude(pk=self.pk).select_related("intent").first()
        if other is not None:
            raise ValidationError(
                {"text": _("These words are an example of “%(intent)s” already.") % {"intent": other.intent.name}}
            )
