"""An underspecified question is asked back once; the next turn uses the answer."""

import pytest

from chatbot.models import Turn
from tests.integration.chatbot.world import World
from tests.integration.knowledge.shelves import publish

IPHONE = "Open the App Store, search for Stock and press Get. Then log in with your shop account."
ANDROID = "Open the Play Store, search for Stock and press Install. Then log in with your shop account."


@pytest.fixture
def two_platforms(world: World) -> World:
    publish("Install the app on an iPhone", IPHONE)
    publish("Install the app on Android", ANDROID)
    world.threshold(0.99)
    return world


def test_the_customer_is_asked_which_is_meant_and_the_answer_is_used(two_platforms: World) -> None:
    world = two_platforms
    conversation = world.asked("How do I install the app?")
    world.work(conversation)
    [question] = world.said(conversation)
    assert "Install the app on an iPhone" in question
    assert "Install the app on Android" in question
    turn = Turn.objects.get()
    assert (turn.outcome, turn.reasons) == ("answered", ["asked_back"])
    number = turn.trace["options"].index("Install the app on Android") + 1
    world.threshold(0.0)
    world.work(world.wrote_on(conversation, str(number)))
    assert "Play Store" in world.said(conversation)[-1]


def test_nobody_is_asked_twice_in_a_row(two_platforms: World) -> None:
    world = two_platforms
    conversation = world.asked("How do I install the app?")
    world.work(conversation)
    world.work(world.wrote_on(conversation, "the app"))
    first, second = Turn.objects.order_by("pk")
    assert first.reasons == ["asked_back"]
    assert "asked_back" not in second.reasons
    assert second.outcome == "held"
    assert second.question == "How do I install the app?\nthe app"
