"""One conversation, one worker at a time: a PostgreSQL advisory lock that dies with its connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from sessions_app.statements import run

#: First key of our advisory locks, so that other users of the database cannot meet them by accident ("HAND").
_NAMESPACE = 0x48414E44


@contextmanager
def conversation_lock(conversation_id: int) -> Iterator[bool]:
    """Yields True while this worker alone works on the conversation, False at once if another one does.

    Held by the session, not by a transaction: nothing stays open in the database while a model thinks.
    """
    key = conversation_id % 2**31
    held = bool(run("SELECT pg_try_advisory_lock(%s, %s)", [_NAMESPACE, key])[0][0])
    try:
        yield held
    finally:
        if held:
            try:
                run("SELECT pg_advisory_unlock(%s, %s)", [_NAMESPACE, key])
            except Error:
                # The connection is gone, and the lock with it. A broken one must not go back to the pool.
                connection.close()
