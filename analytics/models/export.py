from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: An export that has sent nothing for so long is taken for cut: its browser, or its server, is gone.
CUT_AFTER: Final = timedelta(seconds=60)


class Export(models.Model):
    """A table of results that somebody asked for: of what, how far it was sent, and whether it came to its end."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        PARQUET = "parquet", "Parquet"

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    format = models.CharField(_("format"), max_length=8, choices=Format.choices, default=Format.CSV)
    #: Conversations that began from `begin` to before `end`.
    begin = models.DateTimeField(_("from"))
    end = models.DateTimeField(_("until"))
    #: Rows are sent by rising number of the conversation; those up to this one existed when it was asked for.
    last_id = models.BigIntegerField()
    rows = models.BigIntegerField(_("rows"), help_text=_("When it was asked for."))
    #: Number of the last conversation that was handed to the network, and how many rows that makes.
    reached = models.BigIntegerField(default=0)
    sent_rows = models.BigIntegerField(_("rows sent"), default=0)
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.format}, {self.asked_at:%Y-%m-%d %H:%M}"

    def is_cut(self, now: datetime) -> bool:
        return self.finished_at is None and self.moved_at is not None and now > self.moved_at + CUT_AFTER
