"""Who gets the weekly report, and whether it was sent."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from analytics.models import ReportRecipient, ReportSending


@admin.register(ReportRecipient)
class ReportRecipientAdmin(ModelAdmin):
    list_display = ("email", "language", "is_on", "last")
    fields = ("email", "language", "is_on")

    @admin.display(description=_("last report"))
    def last(self, row: ReportRecipient) -> str:
        newest: ReportSending | None = row.sendings.first()
        if newest is None:
            return gettext("none yet; on Mondays from 7 o'clock")
        if newest.sent_at is None:
            return gettext("could not be sent: %(problem)s") % {"problem": newest.problem or "…"}
        return f"{newest.week:%Y-%m-%d}"
