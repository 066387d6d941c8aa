"""The door for webhooks: what is stored, and what is answered."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from celery import current_app
from django.db import connection

from chatbot.conf import WEBHOOK_BODY_BYTES
from chatbot.intercom.signatures import webhook_signature
from chatbot.models import InboundEvent
from chatbot.webhooks import WebhookDoor
from tests.payloads import NAMES, notification

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "door-secret"


@pytest.fixture(autouse=True)
def signed(settings: Any) -> Iterator[None]:
    settings.INTERCOM_CLIENT_SECRET = SECRET
    yield
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("handrail")


def call(
    door: WebhookDoor,
    pieces: Sequence[bytes],
    *,
    method: str = "POST",
    signature: str | None = None,
    length: bytes | None = None,
    gone: bool = False,
) -> Any:
    """The status of one request whose body arrives in `pieces`; a coroutine."""
    body = b"".join(pieces)
    signature = webhook_signature(body, SECRET) if signature is None else signature
    headers = [(b"x-hub-signature", signature.encode("latin-1"))] if signature else []
    if length is not None:
        headers.append((b"content-length", length))
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) or gone}
        for number, piece in enumerate(pieces, start=1)
    ]
    if gone:
        messages.append({"type": "http.disconnect"})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> int:
        await door({"type": "http", "method": method, "headers": headers}, receive, send)
        assert sent[-1]["body"] == b""
        return int(sent[0]["status"])

    return run()


def answers(*calls: dict[str, Any], together: bool = False) -> list[int]:
    """Statuses of `calls` to one door, one after another or all at the same time."""

    async def run() -> list[int]:
        door = WebhookDoor()
        try:
            if together:
                return list(await asyncio.gather(*(call(door, **each) for each in calls)))
            return [await call(door, **each) for each in calls]
        finally:
            await door.close()

    return asyncio.run(run())


def body_of(name: str = "conversation.user.created", **changes: Any) -> bytes:
    return json.dumps({**notification(name), **changes}).encode()


@pytest.mark.parametrize("name", NAMES)
def test_every_notification_is_stored_as_it_came(name: str) -> None:
    body = body_of(name)
    assert answers({"pieces": [body]}) == [200]
    event = InboundEvent.objects.get()
    assert event.payload == body.decode()
    assert (event.app_id, event.topic, event.status) == ("a86dr8yl", notification(name)["topic"], "received")


def test_a_second_delivery_of_the_same_notification_is_stored_once() -> None:
    assert answers({"pieces": [body_of()]}, {"pieces": [body_of()]}) == [200, 200]
    assert InboundEvent.objects.count() == 1


def test_twenty_deliveries_at_the_same_moment_to_a_fresh_door_are_stored_once() -> None:
    assert answers(*[{"pieces": [body_of()]}] * 20, together=True) == [200] * 20
    assert InboundEvent.objects.count() == 1


def test_the_same_id_in_another_workspace_is_another_notification() -> None:
    answers({"pieces": [body_of()]}, {"pieces": [body_of(app_id="other")]})
    assert InboundEvent.objects.count() == 2


def test_pings_without_an_id_are_never_taken_for_one_another() -> None:
    assert answers({"pieces": [body_of("ping")]}, {"pieces": [body_of("ping")]}) == [200, 200]
    assert InboundEvent.objects.filter(notification_id=None).count() == 2


@pytest.mark.parametrize("changes", [
    {"topic": "unheard.of"}, {"topic": None}, {"id": 5}, {"id": "x" * 5000}, {"id": "\ud800"}, {"id": "a\x00b"},
    {"id": [[["deep"]]]}, {"app_id": {"a": 1}}, {"data": None}, {"app_id": "y" * 900},
])  # fmt: skip
def test_what_is_valid_but_surprising_is_never_lost(changes: dict[str, Any]) -> None:
    body = body_of(**changes)
    assert answers({"pieces": [body]}) == [200]
    assert InboundEvent.objects.get().payload == body.decode()


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b'"text"', b"5", b"null", b"\xff{}", b"{", b"[" * 100_000, b'{"a":"\x00"}']
)
def test_what_is_no_json_object_is_refused_and_not_stored(body: bytes) -> None:
    assert answers({"pieces": [body]}) == [400]
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("signature", ["", "sha1=", "sha1=" + "0" * 40, webhook_signature(b"other", SECRET), "\xff"])
def test_a_wrong_or_missing_signature_is_refused_before_anything_is_read(signature: str) -> None:
    assert answers({"pieces": [body_of()], "signature": signature}) == [401]
    assert answers({"pieces": [b"no json"], "signature": signature}) == [401]
    assert not InboundEvent.objects.exists()


def test_without_a_secret_nobody_can_sign(settings: Any) -> None:
    settings.INTERCOM_CLIENT_SECRET = ""
    assert answers({"pieces": [body_of()], "signature": webhook_signature(body_of(), "")}) == [401]


def test_head_is_answered_so_that_the_address_can_be_saved_and_other_methods_are_not() -> None:
    assert answers({"pieces": [b""], "method": "HEAD"}) == [200]
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert answers({"pieces": [b""], "method": method}) == [405]


def test_a_body_in_pieces_is_one_body() -> None:
    body = body_of()
    pieces = [body[place : place + 100] for place in range(0, len(body), 100)]
    assert answers({"pieces": pieces}) == [200]
    assert InboundEvent.objects.get().payload == body.decode()


def test_exactly_one_mebibyte_is_taken_and_one_byte_more_is_not() -> None:
    body = body_of()
    full = body[:-1] + b" " * (WEBHOOK_BODY_BYTES - len(body)) + b"}"
    assert answers({"pieces": [full]}) == [200]
    assert answers({"pieces": [full + b" "]}, {"pieces": [full[: 2**19], full[2**19 :], b" "]}) == [413, 413]
    assert answers({"pieces": [b"{}"], "length": str(WEBHOOK_BODY_BYTES + 1).encode()}) == [413]
    assert InboundEvent.objects.count() == 1


def test_a_sender_who_hangs_up_leaves_nothing_behind() -> None:
    assert answers({"pieces": [body_of()], "gone": True}) == [400]
    assert not InboundEvent.objects.exists()


def test_a_broker_that_is_down_costs_nothing_the_row_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
        current_app._after_fork()  # forget the connections that are open
        assert answers({"pieces": [body_of()]}) == [200]
    current_app._after_fork()
    assert InboundEvent.objects.count() == 1


def test_a_database_that_is_down_is_said_so_that_intercom_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patch.setitem(connection.settings_dict, "PORT", "1")
        assert answers({"pieces": [body_of()]}) == [503]
    assert answers({"pieces": [body_of()]}) == [200]
    assert InboundEvent.objects.count() == 1


def test_connections_that_died_in_the_pool_cost_no_notification() -> None:
    async def run() -> list[int]:
        door = WebhookDoor()
        try:
            first = await call(door, [body_of()])
            assert door._pool is not None
            async with door._pool.connection() as database:
                await database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    " AND query LIKE '%chatbot_inboundevent%'"
                )
                backend = database.info.backend_pid
            killer = WebhookDoor()
            pool = await killer._open_pool()
            async with pool.connection() as other:
                await other.execute("SELECT pg_terminate_backend(%s, 2000)", [backend])
            await killer.close()
            return [first, await call(door, [body_of(id="second")])]
        finally:
            await door.close()

    assert asyncio.run(run()) == [200, 200]
    assert InboundEvent.objects.count() == 2
