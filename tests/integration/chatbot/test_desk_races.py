"""Two people at the same moment, on connections of their own: one wins, and the customer gets one answer."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from chatbot import reviewing, taking_back, taking_over
from chatbot.conversation_work import work_on
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
