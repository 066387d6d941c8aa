"""The page of embedders, as staff use it: add a server, fill, switch and go back."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from knowledge import embedders, tasks
from knowledge.filling import fill, start_filling
from knowledge.minilm import weights_file
from knowledge.models import Embedder
from tests.integration.knowledge.shelves import publish
from tests.integration.sandbox.running import Running, running_sandbox

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
LIST = "admin:knowledge_embedder_changelist"
SECRET = "very-secret-token"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def staff(monkeypatch) -> Client:
    embedders._server.cache_clear()
    monkeypatch.setattr(tasks.sweep_embedders, "delay", lambda: None)
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


def added(staff: Client, sandbox: Running, **changes: object):
    given = {"kind": "server", "name": "stand-in", "url": sandbox.url + "/", "token": SECRET, "batch_texts": 500}
    return staff.post(reverse("admin:knowledge_embedder_add"), given | changes)


def act(staff: Client, action: str, row: Embedder) -> str:
    answer = staff.post(reverse(LIST), {"action": action, "_selected_action": [row.pk]}, follow=True)
    return answer.content.decode()


def test_a_server_is_probed_when_it_is_added(staff: Client, sandbox: Running) -> None:
    assert added(staff, sandbox).status_code == 302
    row = Embedder.objects.get(name="stand-in")
    assert (row.model, row.dimensions, row.batch_texts) == ("sandbox/hashed-words", 256, 32)
    assert row.token == SECRET and row.url == sandbox.url and not row.is_active


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://127.0.0.1:9"}, "This server cannot be used"),
        ({"url": "ftp://server"}, "must begin with http"),
        ({"name": ""}, "Give it a name"),
        ({"name": "minilm"}, "choose another"),
        ({"kind": "minilm-int8"}, "with this name already"),
        ({"batch_texts": 0}, "1 to 1,024 texts"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_stored(
    staff: Client, sandbox: Running, changes: dict[str, object], said: str
) -> None:
    answer = added(staff, sandbox, **changes)
    assert answer.status_code == 200 and said in answer.content.decode()
    assert Embedder.objects.count() == 1


def test_vectors_that_no_index_takes_are_refused(staff: Client, sandbox: Running, monkeypatch) -> None:
    monkeypatch.setattr("knowledge.admin.embedder.DIMENSIONS_MAX", 255)
    assert "at most 255" in added(staff, sandbox).content.decode()


def test_the_token_is_never_shown_and_stays_with_its_address(staff: Client, sandbox: Running) -> None:
    added(staff, sandbox)
    row = Embedder.objects.get(name="stand-in")
    address = reverse("admin:knowledge_embedder_change", args=[row.pk])
    page = staff.get(address).content.decode()
    assert SECRET not in page and "unchanged if empty" in page and "complete" in page and "(&#x27;" not in page
    assert SECRET not in staff.get(reverse(LIST)).content.decode()
    given = {"url": row.url, "token": "", "batch_texts": 16, "question_prefix": ""}
    assert staff.post(address, given).status_code == 302
    row.refresh_from_db()
    assert row.token == SECRET and row.batch_texts == 16
    moved = staff.post(address, given | {"url": sandbox.url.replace("127.0.0.1", "localhost")})
    assert "Give the token again" in moved.content.decode()
    row.refresh_from_db()
    assert row.url == sandbox.url


def test_one_click_fills_one_switches_and_one_goes_back(staff: Client, sandbox: Running) -> None:
    publish("Refunds", "Annual plans are refunded.")
    added(staff, sandbox)
    row, first = Embedder.objects.get(name="stand-in"), Embedder.objects.get(is_active=True)
    assert "fill it first" in act(staff, "answer_searches", row)
    assert "is being filled" in act(staff, "fill", row)
    page = staff.get(reverse(LIST))
    assert page.headers["Refresh"] == "3" and "(0 of 1 chunks)" in page.content.decode()
    fill(row.pk, seconds=60)
    assert "Refresh" not in staff.get(reverse(LIST)).headers
    assert "answers searches from now on" in act(staff, "answer_searches", row)
    assert Embedder.objects.get(is_active=True) == row
    assert "answers searches from now on" in act(staff, "answer_searches", first)
    assert Embedder.objects.get(is_active=True) == first


def test_the_buttons_of_the_page_save_and_act(staff: Client, sandbox: Running) -> None:
    publish("Refunds", "Annual plans are refunded.")
    added(staff, sandbox)
    row = Embedder.objects.get(name="stand-in")
    address = reverse("admin:knowledge_embedder_change", args=[row.pk])
    given = {"url": row.url, "token": "", "batch_texts": 8, "question_prefix": "query: "}
    answer = staff.post(address, given | {"fill_now": "1"})
    row.refresh_from_db()
    assert answer.headers["Location"] == reverse(LIST)
    assert (row.state, row.question_prefix) == ("filling", "query: ")
    fill(row.pk, seconds=60)
    staff.post(address, given | {"answer_now": "1"})
    row.refresh_from_db()
    assert row.is_active and row.state == "complete"


def test_filling_is_left_to_the_sweep_when_there_is_no_broker(
    staff: Client, sandbox: Running, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    def no_broker() -> None:
        raise tasks.BrokerUnavailable("down")

    monkeypatch.setattr(tasks.sweep_embedders, "delay", no_broker)
    publish("Refunds", "Annual plans are refunded.")
    added(staff, sandbox)
    row = Embedder.objects.get(name="stand-in")
    with django_capture_on_commit_callbacks(execute=True):
        act(staff, "fill", row)
    started: list[int] = []
    monkeypatch.setattr(tasks.fill_embedder, "delay", started.append)
    tasks.sweep_embedders()
    assert started == [row.pk]
    tasks.fill_embedder(row.pk)
    row.refresh_from_db()
    assert row.state == "complete"


def test_who_may_not_change_may_not_switch(sandbox: Running, staff: Client) -> None:
    added(staff, sandbox)
    row = Embedder.objects.get(name="stand-in")
    start_filling(row.pk)
    fill(row.pk, seconds=60)
    reader = Client()
    user = User.objects.create_user("reader", is_staff=True)
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="view_embedder"))
    reader.force_login(user)
    act(reader, "answer_searches", row)
    row.refresh_from_db()
    assert not row.is_active and reader.get(reverse(LIST)).status_code == 200
