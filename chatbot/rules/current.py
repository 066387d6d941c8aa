"""The rules in force: compiled once for each version of their tables, in each process."""

import logging
import threading
import time
from dataclasses import dataclass

from django.db.models import Q

from chatbot.models import RulesVersion, TriggerRule, WordRule
from chatbot.rules.matching.expressions import ExpressionRefused, compiled
from chatbot.rules.matching.matcher import Kind, Matcher, Rule
from chatbot.rules.triggers.business_hours import HoursUnreadable
from chatbot.rules.triggers.routing import Router, Trigger
from chatbot.trying.variant import variant

logger = logging.getLogger(__name__)

#: A change is seen after this many seconds at most; compiling ten thousand rules takes half a second more.
FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    matcher: Matcher  #: sensitive words
    router: Router  #: trigger rules


class _Current:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._version: int | None = None
        self._compiled = Compiled(matcher=Matcher([]), router=Router([]))

    def compiled(self) -> Compiled:
        if time.monotonic() - self._looked_at < FRESH_SECONDS:
            return self._compiled
        with self._lock:
            if time.monotonic() - self._looked_at < FRESH_SECONDS:
                return self._compiled
            version = rules_version()  # before the rules: a change meanwhile is seen the next time
            if version != self._version:
                self._compiled = Compiled(matcher=Matcher(usable(rules_in_force())), router=Router(triggers_in_force()))
                self._version = version
            self._looked_at = time.monotonic()
            return self._compiled

    def forget(self) -> None:
        self._looked_at = float("-inf")


_current = _Current()


def current_matcher() -> Matcher:
    """The sensitive words, at most FRESH_SECONDS old."""
    return (variant().rules or _current.compiled()).matcher


def current_router() -> Router:
    """The trigger rules, at most FRESH_SECONDS old."""
    return (variant().rules or _current.compiled()).router


def forget_current() -> None:
    """For those who have just changed a rule and cannot wait."""
    _current.forget()


def rules_version() -> int:
    """Grows with every change of rules, groups and business hours; the database sees to it."""
    return RulesVersion.objects.filter(pk=1).values_list("number", flat=True).first() or 0


def rules_in_force() -> list[Rule]:
    """Rules that are switched on, alone and as a group; those of other days too, for days come."""
    rows = WordRule.objects.filter(Q(group__isnull=True) | Q(group__is_on=True), is_on=True).order_by("pk")
    return [row.rule() for row in rows.iterator()]


def usable(rules: list[Rule]) -> list[Rule]:
    """Without expressions that cannot be compiled: one bad row, written past the admin, must not stop the others."""
    kept = []
    for rule in rules:
        try:
            if rule.kind == Kind.EXPRESSION:
                compiled(rule.pattern)
        except ExpressionRefused:
            logger.error("rule left out", extra={"action": "rule_refused", "rule_id": rule.id})
            continue
        kept.append(rule)
    return kept


def triggers_in_force() -> list[Trigger]:
    """Trigger rules that are switched on, in their order."""
    triggers = []
    for row in TriggerRule.objects.filter(is_on=True).select_related("business_hours").order_by("position", "pk"):
        try:
            triggers.append(row.trigger())
        except HoursUnreadable:
            logger.error("trigger rule left out", extra={"action": "rule_refused", "trigger_rule_id": row.pk})
    return triggers
