"""One conversation, one worker; a worker that dies frees its conversation."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection

from sessions_app.locks import conversation_lock

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work: Callable[[], Any]) -> Any:
    """`work` on a connection of its own."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return found[0]


def is_free(conversation_id: int) -> bool:
    with conversation_lock(conversation_id) as held:
        return held


def test_only_one_of_two_workers_holds_a_conversation() -> None:
    with conversation_lock(7) as held:
        assert held
        assert not elsewhere(lambda: is_free(7))
        assert elsewhere(lambda: is_free(8))
    assert elsewhere(lambda: is_free(7))


def test_an_error_in_the_work_frees_the_conversation() -> None:
    with pytest.raises(RuntimeError), conversation_lock(9):
        raise RuntimeError
    assert elsewhere(lambda: is_free(9))


def test_ids_beyond_32_bits_are_locked_too() -> None:
    with conversation_lock(2**31 + 5) as held:
        assert held
        assert not elsewhere(lambda: is_free(2**31 + 5))


def test_a_killed_backend_frees_its_conversation_and_the_holder_survives() -> None:
    with conversation_lock(11) as held:
        assert held
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]

        def kill() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
            return is_free(11)

        assert elsewhere(kill)
        with pytest.raises(Error), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
