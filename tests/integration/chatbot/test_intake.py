"""Stored notifications become messages, each once; what cannot be understood is kept with its reason."""

import json
from typing import Any

import pytest
from django.apps import apps

from chatbot.intake import process_again, process_events
from chatbot.models import Delivery, InboundEvent
from sessions_app.models import Author, Conversation, Message
from sessions_app.states import State
from tests.integration.chatbot.world import World
from tests.payloads import NAMES, notification

APP = "a86dr8yl"


@pytest.fixture
def shop(world: World) -> World:
    """The workspace of the payloads, whose conversations Intercom no longer has."""
    type(world.workspace).objects.update(app_id=APP, bot_admin_id="991267715", app_package_code="handrail-a86dr8yl")
    return world


def stored(name: str = "", **changes: Any) -> InboundEvent:
    found = {**notification(name or "conversation.user.created"), **changes}
    return InboundEvent.objects.create(app_id=found["app_id"], topic=found["topic"] or "", payload=json.dumps(found))


def processed(*names: str) -> list[InboundEvent]:
    events = [stored(name) for name in names]
    for event in events:
        process_events([event.pk])
        event.refresh_from_db()
    return events


def last_author() -> str:
    return Message.objects.order_by("-sent_at", "-pk")[0].author


def test_a_new_question_owes_an_answer(shop: World) -> None:
    [due] = process_events([stored().pk])
    assert due.conversation_id == Conversation.objects.get().pk
    assert InboundEvent.objects.get().status == "processed"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ping"])
def test_every_notification_of_a_known_conversation_is_understood_twice_alike(shop: World, name: str) -> None:
    _, first, second = processed("conversation.user.created", name, name)
    assert (first.status, first.error) == (second.status, second.error) == ("processed", "")
    assert Message.objects.filter(external_id="23456789012").count() <= 1
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "author", "state"),
    [
        ("conversation.admin.replied.own", Author.BOT, State.BOT),
        ("conversation.admin.noted", Author.NOTE, State.BOT),
        ("conversation.operator.replied.workflow", Author.OTHER_BOT, State.BOT),
        ("conversation.admin.assigned.team", Author.EVENT, State.BOT),
        ("conversation.admin.replied.person", Author.TEAMMATE, State.PERSON),
        ("conversation.admin.assigned.admin", Author.EVENT, State.PERSON),
        ("conversation.admin.closed", Author.EVENT, State.CLOSED),
    ],
)
def test_only_people_and_closings_take_a_conversation_from_the_bot(
    shop: World, name: str, author: str, state: str
) -> None:
    processed("conversation.user.created", name)
    conversation = Conversation.objects.get()
    assert (last_author(), conversation.state) == (author, state)
    assert (conversation.reply_due_at is None) is (state != State.BOT)


@pytest.mark.parametrize(
    "name", ["conversation.admin.replied.own", "conversation.admin.noted", "conversation.operator.replied.fin"]
)
def test_our_own_replies_notes_and_other_bots_never_ask_for_an_answer(shop: World, name: str) -> None:
    processed("conversation.user.created")
    Conversation.objects.update(reply_due_at=None)
    Message.objects.update(handled_at="2026-11-22T10:00Z")
    assert process_events([stored(name).pk]) == []
    assert Conversation.objects.get().reply_due_at is None


def test_our_reply_without_our_code_is_known_by_its_words(shop: World) -> None:
    processed("conversation.user.created")
    body = "<p>You can send it back within <b>30</b> days.</p>"
    Delivery.objects.create(key="k", conversation=Conversation.objects.get(), kind="reply", body=body)
    processed("conversation.admin.replied.own_seat_without_code")
    assert (last_author(), Conversation.objects.get().state) == (Author.BOT, State.BOT)


def test_a_person_in_the_bots_seat_is_a_person(shop: World) -> None:
    processed("conversation.user.created", "conversation.admin.replied.own_seat_without_code")
    assert (last_author(), Conversation.objects.get().state) == (Author.TEAMMATE, State.PERSON)


def test_a_rating_is_kept(shop: World) -> None:
    processed("conversation.user.created", "conversation.rating.added")
    conversation = Conversation.objects.get()
    assert (conversation.rating, conversation.rating_remark) == (4, "Quick.")


def test_redacted_words_are_forgotten(shop: World) -> None:
    processed("conversation.user.created", "conversation.user.replied", "conversation_part.redacted")
    row = Message.objects.get(external_id="23456789012")
    assert (row.text, row.redacted) == ("", True)


def test_redacted_words_are_forgotten_wherever_they_were_copied_to(world: World) -> None:
    secret = "My card is 4111 1111, how do I return a blender?"
    world.threshold(1.0)
    conversation = world.wrote_on(world.asked("hello"), secret)
    world.work(conversation)
    world.work(world.wrote_on(conversation, "I want to talk to a human"))
    part = Message.objects.get(text=secret)
    told = notification("conversation.user.replied")
    [replied] = told["data"]["item"]["conversation_parts"]["conversation_parts"]
    replied |= {"id": part.external_id, "body": f"<p>{secret}</p>"}
    brought = stored(app_id=world.workspace.app_id, data=told["data"])
    assert any("4111" in text for text in everything_stored())

    redacted = notification("conversation_part.redacted")
    redacted["data"]["item"] |= {
        "id": part.external_id,
        "conversation_id": conversation.external_id,
        "created_at": int(part.sent_at.timestamp()),
    }
    process_events([stored(app_id=world.workspace.app_id, topic=redacted["topic"], data=redacted["data"]).pk])
    assert not [text for text in everything_stored() if "4111" in text]
    brought.refresh_from_db()
    assert json.loads(brought.payload)["data"]["item"]["id"] == told["data"]["item"]["id"], "the rest is kept"
    assert world.said(conversation)[0] == "A colleague looks at it."


def everything_stored() -> list[str]:
    """Each row of the apps that may hold words of customers, as text; a table that comes new is looked at, too."""
    models = [
        model for name in ("chatbot", "sessions_app", "analytics") for model in apps.get_app_config(name).get_models()
    ]
    return [json.dumps(row, default=str) for model in models for row in model._default_manager.values()]


def test_a_ping_and_an_unknown_topic_ask_for_nothing(shop: World) -> None:
    ping, unknown = stored("ping"), stored(topic="company.created")
    assert process_events([ping.pk, unknown.pk]) == []
    assert sorted(InboundEvent.objects.values_list("status", flat=True)) == ["ignored", "processed"]


def test_a_conversation_that_began_before_us_is_fetched_whole(world: World) -> None:
    external_id = world.sandbox.ask("Where is my parcel?", email="before@example.com")
    world.sandbox.http.post(f"/teammate/conversations/{external_id}/replies", json={"body": "I look."})
    item = {"type": "conversation", "id": external_id, "conversation_parts": None}
    event = stored("conversation.user.replied", app_id=world.workspace.app_id, data={"item": item})
    assert process_events([event.pk]) == []
    conversation = Conversation.objects.get(external_id=external_id)
    assert conversation.state == State.PERSON
    assert Message.objects.filter(conversation=conversation).count() == 2


def test_while_intercom_is_away_the_notification_waits(world: World, settings: Any) -> None:
    event = stored("conversation.user.replied", app_id=world.workspace.app_id)
    settings.INTERCOM_URL = "http://127.0.0.1:1"
    assert process_events([event.pk]) == []
    event.refresh_from_db()
    assert (event.status, event.error) == ("received", "Intercom cannot be reached")


def test_a_conversation_that_is_gone_is_nothing_to_do(world: World) -> None:
    event = stored("conversation.user.replied", app_id=world.workspace.app_id)
    process_events([event.pk])
    event.refresh_from_db()
    assert event.status == "ignored"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"data": {"item": {"type": "conversation"}}}, "`data.item.id` is missing"),
        ({"data": {}}, "`data.item` is missing"),
        ({"app_id": "nobody"}, "workspace nobody is not connected"),
    ],
)
def test_what_is_not_understood_is_kept_says_why_and_can_be_processed_again(
    shop: World, changes: dict[str, Any], error: str
) -> None:
    event = stored(**changes)
    good = stored()
    process_events([event.pk, good.pk])
    event.refresh_from_db()
    good.refresh_from_db()
    assert (event.status, good.status) == ("failed", "processed")
    assert error in event.error
    assert process_again([event, good]) == 1
    event.refresh_from_db()
    assert (event.status, event.error) == ("received", "")


def test_attributes_that_postgresql_cannot_store_lose_no_message(shop: World) -> None:
    found = notification("conversation.user.created")
    found["data"]["item"]["custom_attributes"] = {"a\x00b": "c\x00d", "\ud800": "\ud800"}
    event = InboundEvent.objects.create(app_id=APP, topic=found["topic"], payload=json.dumps(found))
    assert len(process_events([event.pk])) == 1
