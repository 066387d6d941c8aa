"""Telling people that an alert began and that it ended: once each, in their hours, a bounded number of tries.

The message names the rule, the value and what to do: no customer, no text. It may go out twice if this process is
killed between sending and noting that it was sent; it is never forgotten.
"""

import logging
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import apprise
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from analytics.alerting.measures import BY_NAME
from analytics.models import Alert, AlertRule, AlertTarget
from analytics.models.alert import Severity

logger = logging.getLogger(__name__)

MOST_TRIES: Final = 10
_AT_ONCE: Final = 50


def tell(*, now: datetime | None = None) -> int:
    """Send what is due; how many alerts were told of."""
    moment = now or timezone.now()
    is_due = Q(told_at=None, ended_at=None) | Q(told_at__isnull=False, ended_at__isnull=False, told_end_at=None)
    due = Alert.objects.filter(is_due, tries__lt=MOST_TRIES, rule__targets__is_on=True).distinct()
    told = 0
    for alert_id in due.values_list("pk", flat=True)[:_AT_ONCE]:
        with transaction.atomic():
            alert = Alert.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=alert_id).first()
            if alert is not None and not is_quiet(alert.rule, moment):
                told += _tell(alert, moment)
    return told


def is_quiet(rule: AlertRule, now: datetime) -> bool:
    """In the rule's quiet hours, by TIME_ZONE; they may pass midnight."""
    if rule.severity == Severity.CRITICAL or rule.quiet_from is None or rule.quiet_to is None:
        return False
    clock: time = now.astimezone(ZoneInfo(settings.TIME_ZONE)).time()
    if rule.quiet_from < rule.quiet_to:
        return rule.quiet_from <= clock < rule.quiet_to
    return clock >= rule.quiet_from or clock < rule.quiet_to


def _tell(alert: Alert, now: datetime) -> bool:
    is_over = alert.ended_at is not None
    targets = alert.rule.targets.filter(is_on=True)
    failed = [target.name for target in targets if not send(target, *words_for(target, alert))]
    if failed:
        alert.problem = ", ".join(failed)[:200]
        alert.tries = F("tries") + 1
        logger.warning("people not told of an alert", extra={"action": "alert_not_told", "rule": alert.rule.name})
    else:
        alert.problem, alert.tries = "", 0
        if is_over:
            alert.told_end_at = now
        else:
            alert.told_at = now
    alert.save(update_fields=["problem", "tries", "told_at", "told_end_at"])
    return not failed


def words_for(target: AlertTarget, alert: Alert) -> tuple[str, str]:
    """Title and text in the recipient's language; what the team wrote itself stays as it is."""
    with translation.override(target.language):
        return words(alert)


def words(alert: Alert) -> tuple[str, str]:
    """Title and text."""
    rule = alert.rule
    measure = BY_NAME.get(rule.measure)
    unit = f" {measure.unit}" if measure and measure.unit else ""
    title = str(measure.title) if measure else rule.measure
    if alert.ended_at is not None:
        return (
            _("Over: %(rule)s") % {"rule": rule.name},
            _("%(measure)s is within its bound again. Worst value: %(worst)g%(unit)s.")
            % {"measure": title, "worst": alert.worst_value, "unit": unit},
        )
    text = _("%(measure)s: %(value)g%(unit)s; the bound is %(bound)g%(unit)s.") % {
        "measure": title,
        "value": alert.value,
        "bound": rule.bound,
        "unit": unit,
    }
    severity = Severity(rule.severity).label
    address = f"\n{settings.PUBLIC_URL}/status/" if settings.PUBLIC_URL else ""
    return f"[{severity}] {rule.name}", "\n".join(part for part in (text, rule.advice) if part) + address


def send(target: AlertTarget, title: str, text: str) -> bool:
    """Apprise bounds its own time, four seconds to connect and to read unless the address says otherwise."""
    messenger = apprise.Apprise()
    return bool(messenger.add(target.address) and messenger.notify(title=title, body=text))


def is_address(address: str) -> bool:
    return bool(apprise.Apprise().add(address))
