"""Holding every rule's measure against its bound. An alert is a row, and a rule has at most one that is open: so it is
told once, whoever evaluates and however often."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from analytics.alerting.measures import BY_NAME
from analytics.health.facts import Facts, recent
from analytics.models import Alert, AlertRule

logger = logging.getLogger(__name__)


def evaluate(*, now: datetime | None = None, facts: Facts | None = None) -> None:
    """All rules that are on. One that cannot be measured stops no other. May run in two processes at once."""
    moment, known = now or timezone.now(), facts or recent()
    for rule_id in AlertRule.objects.filter(is_on=True).values_list("pk", flat=True):
        try:
            with transaction.atomic():
                _evaluate(AlertRule.objects.select_for_update(of=("self",)).get(pk=rule_id), known, moment)
        except (DatabaseError, AlertRule.DoesNotExist) as error:
            logger.warning("alert rule not evaluated", extra={"rule": rule_id, "error": type(error).__name__})
    for alert in Alert.objects.filter(ended_at=None, rule__is_on=False):
        _end(alert, moment)


def _evaluate(rule: AlertRule, facts: Facts, now: datetime) -> None:
    measure = BY_NAME.get(rule.measure)
    value = measure.read(facts, now) if measure else None
    if value is None:
        return
    rule.last_value, rule.measured_at = value, now
    alert = Alert.objects.filter(rule=rule, ended_at=None).first()
    if not is_beyond(rule, value):
        rule.beyond_since = None
        if alert is not None:
            _end(alert, now)
    else:
        rule.beyond_since = min(rule.beyond_since or now, now)
        if alert is not None:
            _worsen(alert, rule, value)
        elif now - rule.beyond_since >= timedelta(minutes=rule.minutes):
            Alert.objects.create(rule=rule, began_at=now, value=value, worst_value=value)
            logger.warning("alert", extra={"action": "alert_began", "rule": rule.name, "value": round(value, 2)})
    rule.save(update_fields=["last_value", "measured_at", "beyond_since"])


def is_beyond(rule: AlertRule, value: float) -> bool:
    return value > rule.bound if rule.comparison == AlertRule.Comparison.OVER else value < rule.bound


def _worsen(alert: Alert, rule: AlertRule, value: float) -> None:
    worse = max if rule.comparison == AlertRule.Comparison.OVER else min
    if worse(alert.worst_value, value) != alert.worst_value:
        alert.worst_value = value
        alert.save(update_fields=["worst_value"])


def _end(alert: Alert, now: datetime) -> None:
    alert.ended_at = max(now, alert.began_at)
    alert.save(update_fields=["ended_at"])
    logger.info("alert ended", extra={"action": "alert_ended", "rule": alert.rule.name})
