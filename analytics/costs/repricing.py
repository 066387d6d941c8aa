"""Other prices, other costs: conversations that a changed price or rate touches are worked out again.

The prices of the last run stand beside how far it came. Where today's differ, whoever changed them and however, the
conversations in the days of the changed rows are marked as not settled, and the run takes them with the others.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from analytics.costs.prices import Prices


def mark_touched(before: list[list[Any]], priced: Prices, *, now: datetime) -> int:
    """How many conversations are to be worked out again. Inside the caller's transaction."""
    begin = _touched_since(before, priced.as_rows())
    if begin is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"begin": begin, "now": now})
        return int(cursor.rowcount)


def _touched_since(before: list[list[Any]], after: list[list[Any]]) -> datetime | None:
    """The earliest moment at which something costs another price; None: everything costs the same.

    A row ends with its last moment: of one that merely ends elsewhere, only the days from the earlier end are touched.
    """
    moments = []
    for rows, others in ((before, after), (after, before)):
        for row in rows:
            if row in others:
                continue
            ends = [other[-1] for other in others if other[:-1] == row[:-1]]
            moments.append(datetime.fromisoformat(min(row[-1], *ends) if ends else row[-2]))
    return min(moments, default=None)


_MARK = """
    UPDATE analytics_conversationoutcome o SET settles_at = %(now)s
    FROM sessions_app_conversation v
    WHERE v.id = o.conversation_id
      AND (v.updated_at >= %(begin)s
           OR EXISTS (SELECT 1 FROM analytics_modelreading r WHERE r.conversation_id = v.id AND r.asked_at >= %(begin)s)
           OR EXISTS (SELECT 1 FROM chatbot_modelcall c WHERE c.conversation_id = v.id AND c.at >= %(begin)s)
           OR EXISTS (SELECT 1 FROM chatbot_turn t WHERE t.conversation_id = v.id AND t.started_at >= %(begin)s)
           OR EXISTS (SELECT 1 FROM sessions_app_auditentry a WHERE a.conversation_id = v.id AND a.at >= %(begin)s)
           OR EXISTS (SELECT 1 FROM sessions_app_message m WHERE m.conversation_id = v.id AND m.sent_at >= %(begin)s))
"""
