"""The sensitive-word rules in force: compiled once for each version of the table, in each process."""

import logging
import threading
import time

from django.db.models import Q

from chatbot.models import RulesVersion, WordRule
from chatbot.rules.matching.expressions import ExpressionRefused, compiled
from chatbot.rules.matching.matcher import Kind, Matcher, Rule

logger = logging.getLogger(__name__)

#: A change is seen after this many seconds at most; compiling ten thousand rules takes half a second more.
FRESH_SECONDS = 1.0


class _Current:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._version: int | None = None
        self._matcher = Matcher([])

    def matcher(self) -> Matcher:
        if time.monotonic() - self._looked_at < FRESH_SECONDS:
            return self._matcher
        with self._lock:
            if time.monotonic() - self._looked_at < FRESH_SECONDS:
                return self._matcher
            version = rules_version()
            if version != self._version:
                self._matcher = Matcher(usable(rules_in_force()))
                self._version = version
            self._looked_at = time.monotonic()
            return self._matcher

    def forget(self) -> None:
        self._looked_at = float("-inf")


_current = _Current()


def current_matcher() -> Matcher:
    """The compiled rules, at most FRESH_SECONDS old."""
    return _current.matcher()


def forget_current() -> None:
    """For those who have just changed a rule and cannot wait."""
    _current.forget()


def rules_version() -> int:
    """Grows with every change of rules and groups; the database sees to it."""
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
