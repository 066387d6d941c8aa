"""Whatever Intercom does: nothing is lost, nothing is said twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chatbot.conf import DELIVERY_HOURS
from chatbot.intercom.client import client_for
from chatbot.models import Delivery
from sessions_app.models import Handoff
from sessions_app.states import State
from tests.integration.chatbot.world import World, outbox


@pytest.mark.parametrize("fault", ["accept_then_close", "accept_then_500"])
def test_a_reply_whose_outcome_is_unknown_is_looked_up_and_not_sent_again(world: World, fault: str) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "mode": fault, "times": 1})
    assert world.work(conversation).again_in_seconds is not None
    assert outbox(conversation) == [("reply", "sending")]
    world.make_due(conversation)
    assert world.work(conversation).again_in_seconds is None
    assert outbox(conversation) == [("reply", "sent")]
    assert len(world.said(conversation)) == world.posted(conversation) == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"mode": "close"}])
def test_a_reply_that_did_not_arrive_is_sent_again(world: World, fault: dict[str, object]) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "times": 1, **fault})
    world.work(conversation)
    world.make_due(conversation)
    world.work(conversation)
    assert outbox(conversation) == [("reply", "sent")]
    assert len(world.said(conversation)) == 1
    assert world.posted(conversation) == 2


def test_staff_who_send_again_do_not_say_twice_what_an_early_try_left_behind(world: World) -> None:
    conversation = world.asked()
    world.work(conversation)
    yesterday = timezone.now() - timedelta(hours=7)
    Delivery.objects.update(status="sending", external_id="", created_at=timezone.now(), next_attempt_at=yesterday)
    Delivery.objects.get().turn.__class__.objects.update(started_at=yesterday)
    world.work(conversation)
    assert outbox(conversation) == [("reply", "sent")]
    assert len(world.said(conversation)) == 1


def test_a_rate_limit_is_waited_for(world: World) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "status": 429, "reset_seconds": 30, "times": 1})
    again = world.work(conversation).again_in_seconds
    assert again is not None
    assert 25 < again < 33
    assert outbox(conversation) == [("reply", "pending")]
    before = len(world.sandbox.calls())
    world.make_due(conversation)
    world.work(conversation)
    assert len(world.sandbox.calls()) == before, "nobody calls before the window opens"
    client_for.cache_clear()
    world.make_due(conversation)
    world.work(conversation)
    assert len(world.said(conversation)) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_what_an_operator_can_mend_is_kept_and_tried_later(world: World, status: int) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "status": status, "times": 1})
    assert world.work(conversation).again_in_seconds is not None
    assert outbox(conversation) == [("reply", "pending")]
    assert str(status) in Delivery.objects.get().error
    world.make_due(conversation)
    world.work(conversation)
    assert len(world.said(conversation)) == 1


@pytest.mark.parametrize("status", [400, 404, 422])
def test_what_intercom_refuses_for_good_is_given_up_and_people_are_told(world: World, status: int) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "status": status})
    world.work(conversation)
    assert outbox(conversation)[0] == ("reply", "failed")
    assert conversation.state == State.PERSON
    assert Handoff.objects.get().reason == "bot_failed"


def test_a_note_in_intercom_tells_the_team_what_the_customer_did_not_get(world: World) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "status": 422, "times": 1})
    assert world.work(conversation).again_in_seconds is not None
    world.make_due(conversation)
    world.work(conversation)
    assert outbox(conversation) == [("reply", "failed"), ("note", "sent"), ("assign", "sent")]
    [note] = world.said(conversation, "note")
    assert "the customer has got none" in note
    assert "30 days" in note
    assert world.said(conversation) == []
    assert world.team_of(conversation) == world.workspace.handoff_team_id


def test_a_conversation_that_is_gone_is_given_up(world: World) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/conversations/", "status": 404})
    assert world.work(conversation).again_in_seconds is None
    assert outbox(conversation) == [("reply", "failed")]


def test_an_outage_loses_nothing_until_six_hours_are_over(world: World) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "status": 503})
    world.work(conversation)
    world.make_old(conversation, DELIVERY_HOURS - 0.1)
    assert world.work(conversation).again_in_seconds is not None
    assert outbox(conversation) == [("reply", "sending")]
    world.make_old(conversation, DELIVERY_HOURS + 0.1)
    world.work(conversation)
    assert outbox(conversation)[0] == ("reply", "failed")
    assert conversation.state == State.PERSON


def test_while_intercom_cannot_be_reached_the_answer_waits(world: World, settings: object) -> None:
    conversation = world.asked()
    settings.INTERCOM_URL = "http://127.0.0.1:1"  # type: ignore[attr-defined]
    assert world.work(conversation).again_in_seconds is not None
    assert outbox(conversation) == [("reply", "pending")]
    settings.INTERCOM_URL = world.sandbox.url  # type: ignore[attr-defined]
    world.make_due(conversation)
    world.work(conversation)
    assert len(world.said(conversation)) == 1


def test_an_own_reply_found_by_a_later_look_is_not_taken_for_a_persons(world: World) -> None:
    conversation = world.asked()
    world.work(conversation)
    again = world.look(conversation.external_id)
    assert again.state == State.BOT
    assert again.reply_due_at is None
    world.workspace.refresh_from_db()
    assert world.workspace.app_package_code == "handrail-sandbox"
