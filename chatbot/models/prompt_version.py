from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.prompts.shipped import PROMPTS, problems_of
from chatbot.prompts.templates import PromptName, PromptText


def prompt_choices() -> list[tuple[str, Any]]:
    return [(name.value, kind.label) for name, kind in PROMPTS.items()]


class PromptVersion(models.Model):
    """One version of what a model is told. Versions are added, never changed; one of each prompt is active."""

    name = models.CharField(_("prompt"), max_length=20, choices=prompt_choices)
    number = models.PositiveIntegerField(_("version"))
    instructions = models.TextField(_("instructions"), help_text=_("What the model is told before anything else."))
    message = models.TextField(
        _("message"), help_text=_("What the model is given last: the question, and what belongs to it.")
    )
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("Why this version exists; for colleagues.")
    )
    is_shipped = models.BooleanField(_("comes with Handrail"), default=False)
    is_active = models.BooleanField(_("active"), default=False)
    created_at = models.DateTimeField(_("saved"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("saved by")
    )

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="prompt_version_once"),
            models.UniqueConstraint(fields=["name"], name="prompt_one_active", condition=Q(is_active=True)),
            models.CheckConstraint(condition=Q(name__in=[name.value for name in PromptName]), name="prompt_known"),
            models.CheckConstraint(condition=Q(number__gte=1), name="prompt_versions_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.get_name_display()} v{self.number}"

    def clean(self) -> None:
        """Raises `ValidationError` by field."""
        if self.name not in set(PromptName):
            return
        problems: dict[str, Any] = dict(
            problems_of(PromptName(self.name), instructions=self.instructions, message=self.message)
        )
        if problems:
            raise ValidationError(problems)

    def text(self) -> PromptText:
        """This version as the pipeline needs it."""
        return PromptText(
            name=PromptName(self.name), number=self.number, instructions=self.instructions, message=self.message
        )
