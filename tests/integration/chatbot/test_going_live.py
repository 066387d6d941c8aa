"""Going live for a share of customers: the others meet people, and everybody can see why."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from analytics.business.filling import fill
from analytics.models import ConversationOutcome
from chatbot.first_steps import first_steps
from chatbot.going_live import is_admitted
from chatbot.models import Steering, Turn
from chatbot.reviewing import approve
from chatbot.steering import forget_recent
from sessions_app.models import Conversation, Handoff, ReviewItem
from sessions_app.states import State
from tests.integration.chatbot.desk_world import client_of, person, reviewer
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(db: None) -> Iterator[None]:
    yield
    forget_recent()


def live_for(percent: int, **other: object) -> None:
    Steering.objects.update_or_create(pk=1, defaults={"live_share": percent, **other})
    forget_recent()


def answered(world: World, text: str = "How do I return a blender?") -> tuple[Conversation, Turn]:
    conversation = world.asked(text)
    world.work(conversation)
    return conversation, Turn.objects.filter(conversation=conversation).latest("pk")


def test_a_new_installation_answers_all_customers(world: World) -> None:
    assert Steering().live_share == 100
    _conversation, turn = answered(world)
    assert (turn.outcome, turn.trace["share"]) == ("answered", {"percent": 100, "is_in": True})


def test_a_share_meets_the_bot_and_the_others_people_who_are_told_so(world: World) -> None:
    live_for(25)
    for _ in range(12):
        conversation, turn = answered(world)
        customer = conversation.customer
        is_in = is_admitted(f"{customer.workspace}:{customer.external_id}", percent=25)
        assert turn.trace["share"] == {"percent": 25, "is_in": is_in}
        if is_in:
            assert turn.outcome == "answered"
            continue
        assert (turn.outcome, turn.reasons, conversation.state) == ("handed_over", ["not_in_share"], State.PERSON)
        assert "A person comes." in world.said(conversation)[0]
        assert Handoff.objects.get(conversation=conversation).reason == "not_in_share"
        assert turn.arms == {}
    fill(now=timezone.now())
    never = ConversationOutcome.objects.filter(pk__in=Turn.objects.filter(outcome="handed_over").values("conversation"))
    assert {(one.is_involved, one.is_handed_over) for one in never} == {(False, False)}


def test_outside_the_share_the_bot_may_stay_silent(world: World) -> None:
    live_for(0, outside_share="silent")
    conversation, turn = answered(world)
    assert (turn.outcome, turn.reasons, conversation.state) == ("silent", ["not_in_share"], State.BOT)
    assert world.said(conversation) == world.said(conversation, "note") == []
    boss = person("boss", role="lead")
    boss.is_superuser = True
    boss.save()
    story = client_of(boss).get(f"/admin/chatbot/turn/{turn.pk}/change/").content.decode()
    assert "not in the share of 0 %" in story


def test_who_is_handed_over_is_told_in_their_language(world: World) -> None:
    live_for(0)
    conversation, turn = answered(world, "Wo ist mein Paket? Ich warte seit drei Wochen darauf.")
    assert (conversation.language, turn.trace["language"]) == ("de", "de")


def test_a_draft_that_waits_is_finished_though_the_share_shrank(world: World) -> None:
    world.threshold(1.0)
    conversation, _turn = answered(world)
    live_for(0)
    world.work(world.wrote_on(conversation, "And a toaster?"))
    item = ReviewItem.objects.get(status="waiting")
    assert "toaster" in item.question
    approve(item.pk, user=reviewer("mia"), answer="The same.")
    world.work(conversation)
    assert world.said(conversation)[-1] == "The same."


def test_the_first_page_says_for_whom_the_bot_answers_and_ticks_what_is_so(world: World) -> None:
    lead = client_of(person("lead", role="lead"))
    labels = ("Go live for 5 % of customers", "Go live for all")
    for percent, is_answering, words, expected in (
        (100, True, "answers all customers", [True, True]),
        (25, True, "answers 25 % of customers", [True, False]),
        (5, True, "answers 5 % of customers", [True, False]),
        (0, True, "answers nobody yet", [False, False]),
        (100, False, "it is switched off", [False, False]),
    ):
        live_for(percent, is_answering=is_answering)
        assert words in lead.get("/admin/").content.decode()
        assert [step.is_done for step in first_steps() if step.label in labels] == expected
