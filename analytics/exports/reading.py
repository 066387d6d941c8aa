"""Which results a person may take away, and in what order: by rising number of the conversation, in batches."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import models
from django.utils import timezone

from analytics.exports.columns import rows
from analytics.models import ConversationOutcome, Export
from sessions_app.access import LOOK, may, visible_conversations

VIEW: Final = "analytics.view_conversationoutcome"
EXPORT: Final = "analytics.export_conversationoutcome"
#: Rows held in memory at a time.
BATCH: Final = 2_000


def may_export(user: Any) -> bool:
    return all(may(user, right) for right in (VIEW, EXPORT, LOOK))


def visible_results(user: Any) -> models.QuerySet[ConversationOutcome]:
    """Those of conversations that the person may see at the desk; none for who may not export."""
    if not may_export(user):
        return ConversationOutcome.objects.none()
    found = ConversationOutcome.objects.all()
    if may(user, "sessions_app.see_all_queues"):
        return found
    return found.filter(conversation__in=visible_conversations(user).values("pk"))


def ask(user: Any, *, begin: datetime, end: datetime, format: Export.Format) -> Export:
    """Note what is wanted, so that it can be sent, cut and continued."""
    wanted = visible_results(user).filter(started_at__gte=begin, started_at__lt=end)
    counted = wanted.aggregate(rows=models.Count("pk"), last=models.Max("pk"))
    return Export.objects.create(
        asked_by=user, begin=begin, end=end, format=format, rows=counted["rows"], last_id=counted["last"] or 0
    )


def batches(export: Export, *, after: int = 0) -> Iterator[list[dict[str, Any]]]:
    """Rows behind conversation `after`, BATCH at a time; notes on the export how far it has come.

    Each batch is a query of its own, so no transaction stays open for as long as a slow network takes. A conversation
    that changes meanwhile is sent as it then is; one that began later is not sent.
    """
    wanted = visible_results(export.asked_by).filter(
        started_at__gte=export.begin, started_at__lt=export.end, pk__lte=export.last_id
    )
    sent = wanted.filter(pk__lte=after).count() if after else 0
    mine = Export.objects.filter(pk=export.pk)
    mine.update(reached=after, sent_rows=sent, moved_at=timezone.now(), finished_at=None)
    reached = after
    while True:
        batch = rows(wanted.filter(pk__gt=reached).order_by("pk")[:BATCH])
        if not batch:
            break
        yield batch
        reached = batch[-1]["conversation"]
        sent += len(batch)
        mine.update(reached=reached, sent_rows=sent, moved_at=timezone.now())
    mine.update(finished_at=timezone.now(), moved_at=timezone.now())
