"""How often each rule matched on each day; what was written is not stored a second time."""

from datetime import date

from django.db.models import F

from chatbot.models import WordRule, WordRuleHits
from chatbot.rules.matching.matcher import Scope, Verdict


def count_hits(verdict: Verdict, scope: Scope, *, day: date) -> None:
    """One more text for each rule of `verdict`. Inside the caller's transaction, which makes it count once."""
    ids = sorted(
        {hit.rule.id for hit in verdict.hits if hit.rule.id}
    )  # in order, so that two turns never wait crosswise
    if not ids:
        return
    known = WordRule.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)
    for rule_id in known:
        WordRuleHits.objects.bulk_create(
            [WordRuleHits(rule_id=rule_id, day=day, scope=scope.value, count=0)], ignore_conflicts=True
        )
        WordRuleHits.objects.filter(rule_id=rule_id, day=day, scope=scope.value).update(count=F("count") + 1)
