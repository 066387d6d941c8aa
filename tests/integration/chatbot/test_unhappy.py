"""The mood of a conversation in a turn: what was settled is no reproach, and the team decides whether it counts."""

from importlib import import_module

from django.apps import apps

from analytics.business.filling import fill
from analytics.models import ConversationOutcome
from chatbot.models import Steering, Turn
from chatbot.rules.unhappy import mood_of
from chatbot.steering import forget_recent
from sessions_app.models import Conversation, Handoff, Message, ReviewItem
from tests.integration.chatbot.world import World, outcomes

ANGRY = "How do I return a blender? You useless bot, this is ridiculous!!"
AGAIN = ("How do I return a blender?", "How can I return my blender?", "I still can't return a blender")


def _circled(world: World) -> Conversation:
    conversation = world.asked(AGAIN[0])
    world.work(conversation)
    for text in AGAIN[1:]:
        conversation = world.wrote_on(conversation, text)
        world.work(conversation)
    return conversation


def test_an_angry_customer_is_handed_over_with_class_packet_and_trace(world: World) -> None:
    conversation = world.asked(ANGRY)
    world.work(conversation)
    handoff, item, turn = Handoff.objects.get(), ReviewItem.objects.get(), Turn.objects.get()
    assert (handoff.reason, handoff.reason_class, item.reason_class) == ("unhappy", "unhappy", "unhappy")
    assert handoff.packet["open_questions"] == ["what_went_wrong"]
    assert [sign["words"] for sign in turn.trace["mood"]["signs"]] == ["useless", "ridiculous", ""]
    assert turn.trace["mood"]["score"] >= turn.trace["mood"]["from"]


def test_going_in_circles_is_handed_over_and_the_trace_says_why(world: World) -> None:
    conversation = _circled(world)
    assert outcomes(conversation) == ["answered", "answered", "handed_over"]
    mood = Turn.objects.order_by("-pk")[0].trace["mood"]
    assert [sign["sign"] for sign in mood["signs"]][-1] == "asked_before"


def test_circles_from_before_a_handover_do_not_hand_over_again(world: World) -> None:
    conversation = _circled(world)
    world.act("teammate", conversation, "close")
    conversation = world.wrote_on(world.look(conversation.external_id), AGAIN[0])
    world.work(conversation)
    assert outcomes(conversation)[-1] == "answered"
    assert Handoff.objects.count() == 1


def test_a_customer_who_repeats_while_a_draft_waits_goes_in_no_circle(world: World) -> None:
    world.threshold(1.0)
    conversation = _circled(world)
    assert set(outcomes(conversation)) == {"held"}


def test_a_team_that_does_not_want_it_only_sees_the_mood(world: World) -> None:
    Steering.objects.update(hands_over_unhappy=False)
    forget_recent()
    world.work(world.asked(ANGRY))
    turn = Turn.objects.get()
    assert turn.outcome == "answered"
    assert turn.trace["mood"]["score"] > 0.7


def test_a_stricter_bound_lets_one_outburst_pass(world: World) -> None:
    Steering.objects.update(unhappy_from=1.0)
    forget_recent()
    world.work(world.asked(ANGRY))
    assert Turn.objects.get().outcome == "answered"


def test_each_message_keeps_how_unhappy_it_sounds_whoever_holds_the_conversation(world: World) -> None:
    conversation = world.asked("I am not angry. How do I return a blender?")
    world.work(conversation)
    world.act("teammate", conversation, "replies", body="This is useless, says the teammate")
    conversation = world.wrote_on(world.look(conversation.external_id), "You useless people, ridiculous!")
    assert conversation.state == "person"
    heard = Message.objects.filter(conversation=conversation).exclude(text="").order_by("sent_at", "pk")
    assert [row.unhappiness for row in heard if row.author == "customer"] == [0.0, mood_of(heard.last().text).score]
    assert not any(row.unhappiness for row in heard if row.author != "customer")
    fill()
    assert ConversationOutcome.objects.get().is_angry


def test_messages_from_before_are_read_by_the_upgrade(world: World) -> None:
    angry, calm = world.asked(ANGRY), world.asked("How do I return a blender?")
    Message.objects.update(unhappiness=0.0)
    module = import_module("chatbot.migrations.0040_read_how_unhappy_messages_sound")
    module.read(apps, None)
    assert {row.conversation_id for row in Message.objects.filter(unhappiness__gt=0)} == {angry.pk}
    assert calm.pk != angry.pk
