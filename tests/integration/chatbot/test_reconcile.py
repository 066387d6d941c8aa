"""What no webhook brought is found by asking, and only what has changed is fetched."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from chatbot.conf import RECONCILE_OVERLAP_SECONDS
from chatbot.intercom.errors import IntercomError
from chatbot.models import Delivery, InboundEvent, Workspace
from chatbot.reconcile import reconcile, reconcile_all
from chatbot.sweeping import forgotten
from sessions_app.models import Conversation, Message
from tests.integration.chatbot.world import World


def test_a_dropped_message_is_found_and_owes_an_answer(world: World) -> None:
    external_id = world.sandbox.ask("Where is my order?", email="dropped@example.com")
    due = reconcile(world.workspace)
    conversation = Conversation.objects.get(external_id=external_id)
    assert conversation.pk in {turn.conversation_id for turn in due}
    assert Message.objects.get(conversation=conversation).text == "Where is my order?"


def test_conversations_that_have_not_moved_are_not_fetched_again(world: World) -> None:
    asked = world.sandbox.ask(email="still@example.com")
    reconcile(world.workspace)
    world.sandbox.http.delete("/calls")
    world.workspace.refresh_from_db()
    assert reconcile(world.workspace) == []
    assert not [call for call in world.sandbox.calls() if call["path"] == f"/conversations/{asked}"]


def test_what_came_in_the_very_second_of_the_last_look_is_found_by_its_number(world: World) -> None:
    asked = world.sandbox.ask("First.", email="second@example.com")
    reconcile(world.workspace)
    world.sandbox.http.post(f"/messenger/conversations/{asked}/replies", json={"body": "Second."})
    # As if both had been written before the clock went on.
    Conversation.objects.filter(external_id=asked).update(external_updated_at=int(time.time()) + 1)
    world.workspace.refresh_from_db()
    reconcile(world.workspace)
    texts = Message.objects.filter(conversation__external_id=asked).order_by("sent_at", "pk")
    assert [message.text for message in texts] == ["First.", "Second."]


def test_pages_are_read_to_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.intercom.client.INTERCOM_PAGE", 2)
    asked = {world.sandbox.ask(email=f"page{number}@example.com") for number in range(5)}
    reconcile(world.workspace)
    assert asked <= set(Conversation.objects.values_list("external_id", flat=True))


def test_a_search_that_is_too_long_goes_on_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.intercom.client.INTERCOM_PAGE", 1)
    monkeypatch.setattr("chatbot.intercom.client.INTERCOM_PAGES", 3)
    # Others' conversations of this sandbox are older than this moment.
    time.sleep(1.1)
    world.workspace.reconciled_until = timezone.now() + timedelta(seconds=RECONCILE_OVERLAP_SECONDS)
    world.workspace.save()
    asked = set()
    for number in range(4):
        asked.add(world.sandbox.ask(email=f"long{number}@example.com"))
        time.sleep(1.1)  # the cursor is a time in whole seconds
    reconcile(world.workspace)
    assert Conversation.objects.filter(external_id__in=asked).count() == 3
    for _poll in range(2):
        world.workspace.refresh_from_db()
        reconcile(world.workspace)
    assert Conversation.objects.filter(external_id__in=asked).count() == 4


def test_the_cursor_moves_only_after_success(world: World) -> None:
    world.sandbox.ask(email="cursor@example.com")
    world.sandbox.faults(rest={"path": "/conversations/", "status": 500})
    with pytest.raises(IntercomError):
        reconcile(world.workspace)
    world.workspace.refresh_from_db()
    assert world.workspace.reconciled_until is None
    assert reconcile_all() == []
    world.sandbox.faults()
    reconcile(world.workspace)
    world.workspace.refresh_from_db()
    assert world.workspace.reconciled_until is not None


def test_a_conversation_that_is_gone_by_now_does_not_stop_the_others(world: World) -> None:
    asked = [world.sandbox.ask(email=f"gone{number}@example.com") for number in range(2)]
    world.sandbox.faults(rest={"path": f"/conversations/{asked[0]}", "status": 404})
    reconcile(world.workspace)
    assert Conversation.objects.filter(external_id=asked[1]).exists()


def test_the_sweep_finds_forgotten_rows_only(world: World) -> None:
    now = timezone.now()
    old = now - timedelta(minutes=5)
    late, early = world.asked(), world.asked()
    Conversation.objects.filter(pk=late.pk).update(reply_due_at=old)
    Conversation.objects.filter(pk=early.pk).update(reply_due_at=now)
    waiting = InboundEvent.objects.create(app_id="w", topic="ping", payload="{}", received_at=old)
    InboundEvent.objects.create(app_id="w", topic="ping", payload="{}", received_at=now)
    InboundEvent.objects.create(app_id="w", topic="ping", payload="{}", received_at=old, status="processed")
    kept = world.asked()
    Conversation.objects.filter(pk=kept.pk).update(reply_due_at=None)
    Delivery.objects.create(key="a", conversation=kept, kind="reply", next_attempt_at=old)
    Delivery.objects.create(key="b", conversation=early, kind="reply", next_attempt_at=old, status="sent")
    found = forgotten()
    assert found.event_ids == (waiting.pk,)
    assert set(found.conversation_ids) == {late.pk, kept.pk}


def test_a_workspace_that_is_switched_off_does_not_fill_the_sweep(world: World) -> None:
    conversation = world.asked()
    Conversation.objects.filter(pk=conversation.pk).update(reply_due_at=timezone.now() - timedelta(hours=1))
    Workspace.objects.update(is_active=False)
    assert forgotten().conversation_ids == ()
