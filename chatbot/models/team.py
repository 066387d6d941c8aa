from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models.workspace import Workspace


class Team(models.Model):
    """A team of an Intercom workspace, as Intercom named it last; only there to be chosen from."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    external_id = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name", "external_id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="team_once_a_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.external_id})"
