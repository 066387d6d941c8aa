"""The conversations that one task brings, served side by side: a task for each would cost more than all its statements.

A model thinks for seconds, so they must not wait for each other.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from django.db import close_old_connections

from chatbot.conf import SERVING_THREADS
from chatbot.conversation_work import work_on
from chatbot.intake import TurnDue

logger = logging.getLogger(__name__)


def serve(conversation_ids: Sequence[int]) -> list[TurnDue]:
    """Work on each; returns which should be looked at again, and when, always later than now.

    One that fails is logged, and found again by the sweep; the others go on.
    """
    close_old_connections()  # the task's own goes back into the pool: each conversation needs one while it is served
    return [due for due in _threads().map(_served, conversation_ids) if due is not None]


def _served(conversation_id: int) -> TurnDue | None:
    try:
        done = work_on(conversation_id)
    except Exception:  # a surprise in one conversation must not stop the others
        logger.exception("conversation not served", extra={"action": "serving_failed"})
        return None
    finally:
        close_old_connections()  # back into the pool
    if done.again_in_seconds is None:
        return None
    return TurnDue(conversation_id=conversation_id, seconds=done.again_in_seconds)


@cache
def _threads() -> ThreadPoolExecutor:
    """So many conversations one process serves at a time, whatever its tasks bring.

    The interpreter's end waits for what they have begun.
    """
    return ThreadPoolExecutor(SERVING_THREADS, thread_name_prefix="conversation")
