from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Workspace(models.Model):
    """An Intercom workspace we answer for; webhooks find it by `app_id`."""

    app_id = models.CharField(
        _("workspace id"),
        max_length=64,
        unique=True,
        help_text=_("Intercom's app_id, as in the web address of your inbox."),
    )
    name = models.CharField(_("name"), max_length=255, blank=True)
    api_url = models.URLField(
        _("API address"),
        blank=True,
        help_text=_("Empty: INTERCOM_URL from the settings. EU and AU workspaces have addresses of their own."),
    )
    access_token = models.CharField(
        _("access token"), max_length=512, blank=True, help_text=_("Empty: INTERCOM_TOKEN from the settings.")
    )
    bot_admin_id = models.CharField(
        _("bot's teammate id"),
        max_length=64,
        help_text=_("The teammate in whose name Handrail answers. Give the bot a seat of its own."),
    )
    review_team_id = models.CharField(
        _("team for held drafts"),
        max_length=64,
        blank=True,
        help_text=_("Conversations whose draft waits for review are assigned to this team. Empty: not assigned."),
    )
    handoff_team_id = models.CharField(
        _("team for handovers"),
        max_length=64,
        blank=True,
        help_text=_("Conversations handed over are assigned to this team. Empty: not assigned."),
    )
    app_package_code = models.CharField(
        _("app package code"),
        max_length=128,
        blank=True,
        help_text=_("Marks replies made through our app. Learned from the first own reply."),
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switched off, messages are stored and nothing is answered.")
    )
    reconciled_until = models.DateTimeField(_("reconciled until"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("connected"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("Intercom workspace")
        verbose_name_plural = _("Intercom workspaces")

    def __str__(self) -> str:
        return self.name or self.app_id

    @property
    def url(self) -> str:
        return self.api_url or settings.INTERCOM_URL

    @property
    def token(self) -> str:
        return self.access_token or settings.INTERCOM_TOKEN
