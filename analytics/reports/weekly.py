"""The weekly e-mail: the last whole week, once to each recipient although several workers run.

The row of a sending is locked while its e-mail leaves. It may leave twice if this process is killed between sending and
noting that it was sent; it is never forgotten. The e-mail holds figures, no customer and no text.
"""

import logging
from datetime import date, datetime, timedelta
from smtplib import SMTPException
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.business.reading import Period
from analytics.models import ReportRecipient, ReportSending
from analytics.reports.figures import cost_lines, lines

logger = logging.getLogger(__name__)

#: On Monday from this hour of TIME_ZONE on; what was missed is made up for until the next Monday.
HOUR: Final = 7
MOST_TRIES: Final = 10


def last_week(now: datetime) -> date | None:
    """Monday of the last whole week; None while it is too early on a Monday."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    if local.weekday() == 0 and local.hour < HOUR:
        return None
    return local.date() - timedelta(days=local.weekday() + 7)


def send_due(*, now: datetime | None = None) -> int:
    """Send what is due; how many e-mails left."""
    moment = now or timezone.now()
    monday = last_week(moment)
    if monday is None:
        return 0
    sent = 0
    for recipient in ReportRecipient.objects.filter(is_on=True):
        ReportSending.objects.get_or_create(recipient=recipient, week=monday)
        with transaction.atomic():
            sending = (
                ReportSending.objects.select_for_update(skip_locked=True)
                .filter(recipient=recipient, week=monday, sent_at=None, tries__lt=MOST_TRIES)
                .first()
            )
            if sending is not None:
                sent += _send(sending, recipient, monday, moment)
    return sent


def _send(sending: ReportSending, recipient: ReportRecipient, monday: date, now: datetime) -> bool:
    with translation.override(recipient.language):
        title, text = words(monday)
    try:
        send_mail(title, text, None, [recipient.email])
    except (OSError, SMTPException) as error:
        sending.problem, sending.tries = type(error).__name__[:200], F("tries") + 1
        logger.warning("weekly report not sent", extra={"action": "weekly_report_failed", "sending_id": sending.pk})
    else:
        sending.problem, sending.sent_at = "", now
    sending.save(update_fields=["problem", "tries", "sent_at"])
    return sending.sent_at is not None


def words(monday: date) -> tuple[str, str]:
    """Title and text, in the language that is active."""
    period = Period(first=monday, last=monday + timedelta(days=6), zone=ZoneInfo(settings.TIME_ZONE))
    first, last = date_format(period.first, "DATE_FORMAT"), date_format(period.last, "DATE_FORMAT")
    title = _("Handrail: %(first)s to %(last)s") % {"first": first, "last": last}
    found = lines(period, period.before())
    if not found[0].figure.value:
        body = _("No conversation in this week.")
    else:
        body = "\n".join(
            f"{one.title}: {one.value}"
            + (f" ({one.detail})" if one.detail else "")
            + "; "
            + _("the week before: %(value)s") % {"value": one.before}
            for one in [*found, *cost_lines(period, period.before())]
        )
    address = f"{settings.PUBLIC_URL}{reverse('business')}?days=7" if settings.PUBLIC_URL else ""
    return title, "\n\n".join(part for part in (body, address) if part) + "\n"
