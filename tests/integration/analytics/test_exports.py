"""Results taken away: whole, cut and continued, by whom it is allowed, without what is personal."""

import asyncio
import csv
import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest
import uvicorn
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.business.filling import fill
from analytics.exports.columns import Column, Kind, columns
from analytics.exports.reading import ask
from analytics.exports.writing import CsvWriter, ParquetWriter, pieces
from analytics.models import ConversationOutcome, CostLine, Export
from sessions_app.models import Conversation, ReviewQueue
from tests.integration.analytics import histories
from tests.integration.analytics.histories import Part, written
from tests.integration.sandbox.running import wait_until

RIGHTS = ("view_conversationoutcome", "export_conversationoutcome", "view_reviewitem")


def person(*rights: str) -> User:
    user = User.objects.create_user(f"u{User.objects.count()}", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> list[Conversation]:
    monkeypatch.setattr(histories, "NOW", timezone.now())
    made = [
        written([Part("customer", timedelta(hours=9)), Part("answered", timedelta(hours=8))], rating=number % 5 + 1)
        for number in range(7)
    ]
    fill()
    return made


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.exports.reading.BATCH", 2)


def asked(user: User, kind: str = "csv") -> Export:
    now = timezone.now()
    return ask(user, begin=now - timedelta(days=2), end=now, format=Export.Format(kind))


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.fixture
def web(transactional_db: None) -> Iterator[str]:
    """The application as it is served, on a free port."""
    from config.asgi import application

    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_batches")
def test_a_download_that_was_cut_says_so_and_is_continued(
    web: str, history: list[Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = person(*RIGHTS)
    browser = Client()
    browser.force_login(user)
    signed_in = httpx2.Client(base_url=web, cookies={"sessionid": browser.cookies["sessionid"].value})
    export = asked(user)
    with monkeypatch.context() as broken:
        broken.setattr(CsvWriter, "batch", breaks_at(2, CsvWriter.batch))
        with pytest.raises(httpx2.RemoteProtocolError), signed_in.stream("GET", address(export)) as answer:
            assert answer.status_code == 200
            assert answer.headers["X-Export-Rows"] == "7"
            first = b"".join(received(answer))
        first = answer.read_so_far  # type: ignore[attr-defined]
    export.refresh_from_db()
    assert export.finished_at is None
    later = timezone.now() + timedelta(minutes=2)
    assert export.is_cut(later)
    have = table(first)
    rest = signed_in.get(f"{address(export)}?after={have[-1]['conversation']}").content
    whole = table(first + rest)
    assert [int(row["conversation"]) for row in whole] == [one.pk for one in history]
    export.refresh_from_db()
    assert export.finished_at is not None
    assert export.sent_rows == 7


def address(export: Export) -> str:
    return f"/analytics/exports/{export.pk}/download"


def received(answer: Any) -> Iterator[bytes]:
    answer.read_so_far = b""
    for piece in answer.iter_bytes():
        answer.read_so_far += piece
        yield piece


def breaks_at(batch: int, real: Any) -> Any:
    calls = []

    def failing(writer: CsvWriter, rows: Any) -> bytes:
        calls.append(rows)
        if len(calls) > batch:
            raise OSError("the database went away")
        return real(writer, rows)

    return failing


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_batches", "history")
def test_csv_parquet_and_rest_say_the_same(client: Client) -> None:
    user = person(*RIGHTS)
    client.force_login(user)
    by_csv = table(whole_of(client.get(address(asked(user)))))
    parquet = pq.ParquetFile(io.BytesIO(whole_of(client.get(address(asked(user, "parquet"))))))
    assert parquet.num_row_groups == 4
    by_parquet = parquet.read().to_pylist()
    by_rest, following = [], "/api/v1/results/?page_size=3"
    while following:
        page = client.get(following).json()
        by_rest += page["results"]
        following = page["next"]
    assert len(by_csv) == len(by_parquet) == len(by_rest) == 7
    for one, two, three in zip(by_csv, by_parquet, by_rest, strict=True):
        row = ConversationOutcome.objects.get(pk=two["conversation"])
        for name in ("conversation", "rating", "customer_messages", "tokens_read"):
            assert int(one[name]) == two[name] == three[name]
        assert one["is_answered"] == "1"
        assert two["is_answered"] is three["is_answered"] is True
        assert two["started_at"] == row.started_at
        assert one["is_durable"] == "" and two["is_durable"] is three["is_durable"] is None
        assert list(one) == list(two) == list(three) == [column.name for column in columns()]


def whole_of(answer: Any) -> bytes:
    assert answer.status_code == 200

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return asyncio.run(read())


@pytest.mark.django_db
def test_who_lacks_a_right_gets_nothing(client: Client, history: list[Conversation]) -> None:
    for missing in RIGHTS:
        user = person(*(set(RIGHTS) - {missing}))
        client.force_login(user)
        assert client.get("/analytics/exports/").status_code == 403, missing
        assert client.get("/api/v1/results/").status_code == 403, missing
        assert client.get(address(asked(user))).status_code == 403, missing
    owner, other = person(*RIGHTS), person(*RIGHTS)
    client.force_login(other)
    assert client.get(address(asked(owner))).status_code == 404
    client.logout()
    assert client.get("/api/v1/results/").status_code == 401


@pytest.mark.django_db
def test_conversations_of_queues_that_one_may_not_see_are_left_out(client: Client, history: list[Conversation]) -> None:
    closed = ReviewQueue.objects.create(name="Board")
    closed.members.add(person())
    histories.add(history[3], Part("approved", timedelta(hours=1)), 90)
    history[3].review_items.update(queue=closed)
    user = person(*RIGHTS)
    client.force_login(user)
    numbers = [row["conversation"] for row in client.get("/api/v1/results/").json()["results"]]
    assert numbers == [one.pk for one in history if one != history[3]]
    assert asked(user).rows == 6
    assert asked(person(*RIGHTS, "see_all_queues")).rows == 7


@pytest.mark.django_db
def test_a_remark_leaves_masked_and_names_do_not_leave(client: Client, history: list[Conversation]) -> None:
    one = history[0]
    one.customer.name = "Jana Wolf"
    one.customer.save()
    one.rating_remark = "Jana Wolf, call 4111 1111 1111 1111 or jana.wolf@example.com"
    one.save()
    client.force_login(person(*RIGHTS))
    page = client.get("/api/v1/results/").content.decode()
    assert "call" in page
    for personal in ("Jana", "Wolf", "4111", "jana.wolf", "example.com"):
        assert personal not in page


@pytest.mark.django_db
def test_what_the_address_means_is_checked(client: Client, history: list[Conversation]) -> None:
    user = person(*RIGHTS)
    client.force_login(user)
    export = asked(user)
    for after in ("x", "-1", "1.5", "9" * 30, "٣"):
        answer = client.get(address(export), {"after": after})
        assert answer.status_code == 400
        assert "after is the number" in answer.content.decode()
    page = client.post("/analytics/exports/", {"first": "2026-02-02", "last": "2026-02-01", "format": "csv"})
    assert "The last day lies before the first one." in page.content.decode()
    assert (
        client.post("/analytics/exports/", {"first": "0001-01-01", "last": "9999-12-31", "format": "x"}).status_code
        == 200
    )
    assert Export.objects.filter(asked_by=user).count() == 1
    client.post("/analytics/exports/", {"first": "2026-02-01", "last": "2026-02-02", "format": "parquet"})
    empty = Export.objects.get(format="parquet")
    assert client.get("/analytics/exports/").status_code == 200
    assert pq.ParquetFile(io.BytesIO(whole_of(client.get(address(empty))))).read().num_rows == 0


@pytest.mark.django_db
def test_what_a_conversation_cost_stands_beside_its_result(client: Client, history: list[Conversation]) -> None:
    for source, micros in (("pool a", 1_250_000), ("pool b", 250_000)):
        CostLine.objects.create(
            outcome_id=history[0].pk, kind="model", source=source, uses=1, micros=micros, tokens_read=7
        )
    for kind, seconds in (("desk", 90.0), ("intercom", 30.0)):
        CostLine.objects.create(outcome_id=history[1].pk, kind=kind, source="", uses=1, micros=0, seconds=seconds)
    client.force_login(person(*RIGHTS))
    found = client.get("/api/v1/results/").json()["results"]
    assert [row["cost_model"] for row in found[:2]] == [1.5, 0.0]
    assert found[0]["cost_desk"] is None
    assert found[0]["tokens_all"] - found[1]["tokens_all"] == 14, "all that the model was asked"
    assert [row["people_seconds"] for row in found[:2]] == [None, 120.0]


_ROW = {
    Kind.NUMBER: st.none() | st.integers(-(2**62), 2**62),
    Kind.DECIMAL: st.none() | st.floats(allow_nan=False, allow_infinity=False),
    Kind.YES_NO: st.none() | st.booleans(),
    Kind.TEXT: st.none() | st.text("=+-@'\t\r\n\0,;\"ab中é", max_size=5),
}
_SOME = tuple(Column(name=kind.name, kind=kind, meaning="") for kind in _ROW)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.fixed_dictionaries({kind.name: values for kind, values in _ROW.items()}), max_size=3), max_size=4
    )
)
def test_parquet_gives_back_what_was_written_and_csv_no_formula(batches: Any) -> None:
    written_rows = [row for batch in batches for row in batch]
    content = b"".join(pieces(ParquetWriter(_SOME), batches))
    assert pq.ParquetFile(io.BytesIO(content)).read().to_pylist() == written_rows
    lines = list(
        csv.DictReader(io.StringIO(b"".join(pieces(CsvWriter(_SOME), batches)).decode("utf-8-sig"), newline=""))
    )
    assert len(lines) == len(written_rows)
    for line, row in zip(lines, written_rows, strict=True):
        assert not line["TEXT"].startswith(("=", "+", "-", "@"))
        if row["DECIMAL"] is not None:
            assert float(line["DECIMAL"]) == row["DECIMAL"]


@given(st.integers(0, 6), st.integers(1, 4))
def test_wherever_a_csv_is_cut_the_pieces_make_the_whole(cut: int, size: int) -> None:
    rows = [{"NUMBER": number, "TEXT": f'a\n,"{number}'} for number in range(6)]
    some = (_SOME[0], _SOME[3])

    def written_from(start: int) -> bytes:
        batches = [rows[at : at + size] for at in range(start, 6, size)]
        return b"".join(pieces(CsvWriter(some, has_heading=start == 0), batches))

    beginning = b"".join(pieces(CsvWriter(some), [rows[:cut]])) if cut else b""
    assert beginning + written_from(cut) == written_from(0)
