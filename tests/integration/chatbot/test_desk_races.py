"""Two people at the same moment, on connections of their own: one wins, and the customer gets one answer."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from chatbot import reviewing, taking_back, taking_over
from chatbot.conversation_work import work_on
from chatbot.intercom.client import IntercomClient
from chatbot.models import Delivery
from sessions_app import claims
from sessions_app.errors import SessionsError
from sessions_app.models import Conversation, ReviewItem
from tests.integration.chatbot.desk_world import reviewer, waiting
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of each: "done", or the name of the error."""
    start = threading.Barrier(len(acts))
    found = [""] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            act()
            found[number] = "done"
        except SessionsError as error:
            found[number] = type(error).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.mark.parametrize("_round", range(3))
def test_of_two_claims_one_wins(_round: int) -> None:
    mia, jun, item = reviewer("mia"), reviewer("jun"), waiting()
    found = at_once(lambda: claims.claim(item.pk, user=mia), lambda: claims.claim(item.pk, user=jun))
    assert sorted(found) == ["HeldByAnother", "done"]


@pytest.mark.parametrize("_round", range(3))
def test_of_two_answers_one_is_sent(_round: int) -> None:
    mia, jun, item = reviewer("mia"), reviewer("jun"), waiting()
    found = at_once(
        lambda: reviewing.approve(item.pk, user=mia, answer="One."),
        lambda: reviewing.approve(item.pk, user=jun, answer="Two."),
        lambda: taking_over.take_over(item.conversation_id, user=jun),
    )
    assert found.count("done") >= 1
    assert Delivery.objects.filter(conversation=item.conversation, kind="reply").count() <= 1
    assert ReviewItem.objects.filter(conversation=item.conversation, status="waiting").count() <= 1


@pytest.mark.parametrize("_round", range(3))
def test_an_answer_is_either_taken_back_or_sent(_round: int) -> None:
    mia, item = reviewer("mia"), waiting()
    reviewing.approve(item.pk, user=mia, answer="One.", undo_seconds=60)
    call = Delivery.objects.get()
    mark = "UPDATE chatbot_delivery SET status = 'sending' WHERE id = %s AND status IN ('pending', 'sending')"

    def send() -> None:
        with connection.cursor() as cursor:
            cursor.execute(mark, [call.pk])

    found = at_once(lambda: taking_back.undo(item.pk, user=mia), send)
    call.refresh_from_db()
    assert (call.status == "withheld") == (found[0] == "done")
    state = Conversation.objects.values_list("state", flat=True).get(pk=item.conversation_id)
    assert state == ("review" if found[0] == "done" else "bot")


@pytest.mark.parametrize("_round", range(3))
def test_an_approval_beside_a_teammates_words_in_intercom_loses_and_doubles_nothing(world: World, _round: int) -> None:
    world.threshold(1.0)
    asked = world.asked()
    world.work(asked)
    mia, item = reviewer("mia"), ReviewItem.objects.get(conversation=asked)

    def approve() -> None:
        reviewing.approve(item.pk, user=mia, answer="One.")
        work_on(asked.pk)

    def write_in_intercom() -> None:
        world.act("teammate", asked, "replies", body="I look at it.")
        world.look(asked.external_id)

    at_once(approve, write_in_intercom)
    world.make_due(asked)
    world.work(asked)
    parts = world.sandbox.view(asked.external_id)["parts"]
    said = [part["body"] for part in parts if part["author"] in ("bot", "teammate")]
    assert len([body for body in said if "I look at it." in body]) == 1
    assert len([body for body in said if "One." in body]) <= 1
    assert asked.state == "person"
    assert not ReviewItem.objects.filter(conversation=asked, status="waiting").exists()
    assert not Delivery.objects.filter(conversation=asked, status__in=["pending", "sending"]).exists()
    assert asked.messages.filter(author="teammate", text__contains="I look at it.").count() == 1


def writes_in_intercom(world: World, asked: Conversation) -> None:
    world.act("teammate", asked, "replies", body="I look at it.")


def is_assigned_in_intercom(world: World, asked: Conversation) -> None:
    answer = world.sandbox.api.post(
        f"/conversations/{asked.external_id}/parts",
        json={"message_type": "assignment", "type": "admin", "admin_id": "1002", "assignee_id": "1002"},
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("happens", "is_before_the_look", "is_webhook_lost"),
    [
        pytest.param(writes_in_intercom, True, True, id="a teammate writes before the look, unreported"),
        pytest.param(is_assigned_in_intercom, True, True, id="a teammate is assigned before the look, unreported"),
        pytest.param(writes_in_intercom, False, False, id="a teammate writes after the look, reported"),
        pytest.param(is_assigned_in_intercom, False, False, id="a teammate is assigned after the look, reported"),
    ],
)
def test_an_approved_answer_on_its_way_is_held_back_when_intercom_gives_the_conversation_to_a_teammate(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[World, Conversation], None],
    is_before_the_look: bool,
    is_webhook_lost: bool,
) -> None:
    """The worker is stopped at its last look at Intercom; by then nothing but the guards before the call can help."""
    world.threshold(1.0)
    asked = world.asked()
    world.work(asked)
    reviewing.approve(ReviewItem.objects.get(conversation=asked).pk, user=reviewer("mia"), answer="One.")
    reached, go_on = threading.Event(), threading.Event()
    looked = IntercomClient.conversation

    def stopped(client: IntercomClient, external_id: str) -> Any:
        seen = None if is_before_the_look else looked(client, external_id)
        if threading.current_thread() is worker:
            reached.set()
            assert go_on.wait(20)
        return looked(client, external_id) if seen is None else seen

    def send() -> None:
        try:
            work_on(asked.pk)
        finally:
            reached.set()
            connection.close()

    worker = threading.Thread(target=send)
    monkeypatch.setattr(IntercomClient, "conversation", stopped)
    worker.start()
    assert reached.wait(20)
    happens(world, asked)
    if not is_webhook_lost:
        world.look(asked.external_id)
    go_on.set()
    worker.join(20)
    assert "One." not in world.said(asked)
    assert Delivery.objects.get(key__startswith="review:", kind="reply").status == "withheld"
    asked.refresh_from_db()
    assert asked.state == "person"


def test_an_approval_that_waits_for_a_teammates_webhook_hears_that_it_came_too_late(world: World) -> None:
    world.threshold(1.0)
    asked = world.asked()
    world.work(asked)
    mia, item = reviewer("mia"), ReviewItem.objects.get(conversation=asked)
    writes_in_intercom(world, asked)
    found: list[str] = []
    approval = threading.Thread(
        target=lambda: found.extend(at_once(lambda: reviewing.approve(item.pk, user=mia, answer="One.")))
    )
    with transaction.atomic():
        world.look(asked.external_id)  # recorded, and its row's lock not let go of yet
        approval.start()
        _until_somebody_waits_for_a_lock()
    approval.join(20)
    assert found == ["AlreadyDecided"]
    world.make_due(asked)
    world.work(asked)
    assert "One." not in world.said(asked)


def _until_somebody_waits_for_a_lock() -> None:
    end = time.monotonic() + 20
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < end, "the approval did not wait for the conversation"
            time.sleep(0.01)
