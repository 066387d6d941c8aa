"""Telling people that an alert began and that it ended: once each, in their hours, a bounded number of tries.

The message names the rule, the value and what to do: no customer, no text. It may go out twice if this process is
killed between sending and noting that it was sent; it is never forgotten.
"""

import logging
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import apprise
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from analytics.alerting.measures import BY_NAME
from analytics.alerting.words import amount
from analytics.models import Alert, AlertNotice, AlertRule, AlertTarget
from analytics.models.alert import Severity

logger = logging.getLogger(__name__)

#: Of one message to one recipient. The waits between them double from the first to the longest: about three hours.
MOST_TRIES: Final = 10
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
_AT_ONCE: Final = 50
Kind = AlertNotice.Kind


def tell(*, now: datetime | None = None) -> int:
    """Send what is due; how many messages went out. Who cannot be reached keeps nobody else waiting."""
    moment = now or timezone.now()
    is_unfinished = Q(ended_at=None) | Q(told_at__isnull=False, told_end_at=None)
    told = 0
    for alert in Alert.objects.filter(is_unfinished).select_related("rule").order_by("-began_at")[:_AT_ONCE]:
        if not is_quiet(alert.rule, moment):
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


def _tell(alert: Alert, now: datetime) -> int:
    """The recipients of this alert who are due; of its end only those who heard of its beginning."""
    kind = Kind.BEGAN if alert.ended_at is None else Kind.ENDED
    heard = AlertTarget.objects.filter(notices__alert=alert, notices__kind=Kind.BEGAN, notices__told_at__isnull=False)
    targets = list((alert.rule.targets.all() if kind == Kind.BEGAN else heard).filter(is_on=True))
    told = sum(_tell_one(alert, target, kind, now) for target in targets)
    notices = {one.target_id: one for one in alert.notices.filter(kind=kind, target__in=targets)}
    failed = [one.name for one in targets if (seen := notices.get(one.pk)) and seen.tries and seen.told_at is None]
    changed: dict[str, Any] = {"problem": ", ".join(failed)[:200]}
    if told and kind == Kind.BEGAN and alert.told_at is None:
        changed["told_at"] = now
    if kind == Kind.ENDED and all(_is_done(notices.get(one.pk)) for one in targets):
        changed["told_end_at"] = now
    if targets or kind == Kind.ENDED:
        Alert.objects.filter(pk=alert.pk).update(**changed)
    return told


def _is_done(notice: AlertNotice | None) -> bool:
    return notice is not None and (notice.told_at is not None or notice.tries >= MOST_TRIES)


def _tell_one(alert: Alert, target: AlertTarget, kind: Kind, now: datetime) -> bool:
    """Under the lock of the notice's row alone, so that nobody who acknowledges waits for a slow server."""
    notice, _ = AlertNotice.objects.get_or_create(alert=alert, target=target, kind=kind, defaults={"try_at": now})
    if _is_done(notice) or notice.try_at > now:
        return False
    with transaction.atomic():
        mine = AlertNotice.objects.select_for_update(skip_locked=True).filter(pk=notice.pk, try_at__lte=now).first()
        if mine is None or _is_done(mine):
            return False
        if send(target, *words_for(target, alert), tone=_tone(alert)):
            mine.told_at = now
        else:
            mine.try_at = now + min(LONGEST_WAIT, FIRST_WAIT * 2**mine.tries)
            mine.tries += 1
            logger.warning("person not told of an alert", extra={"action": "alert_not_told", "rule": alert.rule.name})
        mine.save(update_fields=["told_at", "tries", "try_at"])
    return mine.told_at is not None


def words_for(target: AlertTarget, alert: Alert) -> tuple[str, str]:
    """Title and text in the recipient's language; what the team wrote itself stays as it is."""
    with translation.override(target.language):
        return words(alert)


def words(alert: Alert) -> tuple[str, str]:
    """Title and text."""
    rule = alert.rule
    title = BY_NAME[rule.measure].title if rule.measure in BY_NAME else rule.measure
    if alert.ended_at is not None:
        return (
            _("Over: %(rule)s") % {"rule": rule.name},
            _("%(measure)s is within its bound again. Worst value: %(worst)s.")
            % {"measure": title, "worst": amount(rule.measure, alert.worst_value)},
        )
    text = _("%(measure)s: %(value)s; the bound is %(bound)s.") % {
        "measure": title,
        "value": amount(rule.measure, alert.value),
        "bound": amount(rule.measure, rule.bound),
    }
    severity = Severity(rule.severity).label
    address = f"\n{settings.PUBLIC_URL}/status/" if settings.PUBLIC_URL else ""
    return f"[{severity}] {rule.name}", "\n".join(part for part in (text, rule.advice) if part) + address


_TONES: Final = {Severity.WARNING: apprise.NotifyType.WARNING, Severity.CRITICAL: apprise.NotifyType.FAILURE}


def _tone(alert: Alert) -> str:
    """What Slack and others colour a message by."""
    if alert.ended_at is not None:
        return str(apprise.NotifyType.SUCCESS.value)
    return str(_TONES.get(Severity(alert.rule.severity), apprise.NotifyType.INFO).value)


def send(target: AlertTarget, title: str, text: str, *, tone: str = "info") -> bool:
    """Apprise bounds its own time, four seconds to connect and to read unless the address says otherwise."""
    messenger = apprise.Apprise()
    return bool(messenger.add(target.address) and messenger.notify(title=title, body=text, notify_type=tone))


def is_address(address: str) -> bool:
    return bool(apprise.Apprise().add(address))
