"""Which articles the turns found and cited, added up now and then: the turns themselves do nothing for it."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from chatbot.models import Bookmark
from knowledge.usage import Used, count_usage

BOOKMARK: Final = "article usage"
#: Turns that ended within these seconds are left for the next time: their transaction may still be open.
SETTLE_SECONDS: Final = 30
#: A turn lasts no longer than this between its beginning and its end; it lets the index on the beginning be used.
_LONGEST_TURN: Final = timedelta(days=1)

_TURNS: Final = """
    SELECT (turn.finished_at AT TIME ZONE 'UTC')::date, (passage ->> 'article_id')::bigint,
           bool_or((passage ->> 'cited')::boolean)
    FROM chatbot_turn AS turn
    CROSS JOIN LATERAL jsonb_array_elements(turn.trace -> 'retrieval' -> 'passages') AS passage
    WHERE turn.started_at > %(begun)s AND turn.finished_at > %(since)s AND turn.finished_at <= %(until)s
      AND jsonb_typeof(turn.trace -> 'retrieval' -> 'passages') = 'array'
    GROUP BY turn.id, 1, 2
"""


def count_turns(*, now: datetime | None = None) -> int:
    """Adds the turns since the last time to the articles' counters; returns how many (turn, article) there were.

    Counters and bookmark move in one transaction, so a crash counts nothing twice and loses nothing.
    """
    until = (now or timezone.now()) - timedelta(seconds=SETTLE_SECONDS)
    with transaction.atomic():
        Bookmark.objects.get_or_create(name=BOOKMARK, defaults={"read_until": until - _LONGEST_TURN})
        bookmark = Bookmark.objects.select_for_update().get(name=BOOKMARK)
        if bookmark.read_until >= until:
            return 0
        with connection.cursor() as cursor:
            since = bookmark.read_until
            cursor.execute(_TURNS, {"since": since, "until": until, "begun": since - _LONGEST_TURN})
            rows: list[tuple[date, int, bool | None]] = cursor.fetchall()
        found, cited = Counter[tuple[int, date]](), Counter[tuple[int, date]]()
        for day, article_id, is_cited in rows:
            found[article_id, day] += 1
            cited[article_id, day] += bool(is_cited)
        count_usage(
            Used(article_id=article_id, day=day, found=count, cited=cited[article_id, day])
            for (article_id, day), count in found.items()
        )
        bookmark.read_until = until
        bookmark.save(update_fields=["read_until"])
    return len(rows)
