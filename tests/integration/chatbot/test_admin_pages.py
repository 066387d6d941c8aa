"""Every page of the admin opens, for lists with rows and for each row; actions do what they say."""

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from chatbot.admin.delivery import DeliveryAdmin
from chatbot.admin.inbound_event import InboundEventAdmin
from chatbot.admin.turn import TurnAdmin
from chatbot.models import Delivery, InboundEvent, StandardMessage, Steering, Turn, Workspace
from sessions_app.admin import ConversationAdmin
from sessions_app.models import Conversation, Customer, Handoff, ReviewItem
from sessions_app.states import State
from tests.integration.chatbot.world import World, outbox

MODELS = [
    Conversation,
    Customer,
    Delivery,
    Handoff,
    InboundEvent,
    ReviewItem,
    StandardMessage,
    Steering,
    Turn,
    Workspace,
]


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


@pytest.fixture
def busy(world: World) -> World:
    """One of everything."""
    for threshold, text in (
        (0.0, "How do I return a blender?"),
        (1.0, "How do I return a blender?"),
        (0.0, "human please"),
    ):
        world.threshold(threshold)
        world.work(world.asked(text))
    InboundEvent.objects.create(app_id="nobody", topic="ping", payload="{not json <b>", status="failed", error="why")
    return world


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_list_and_every_row_open(busy: World, staff: Client, model: Any) -> None:
    assert admin.site.is_registered(model)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    rows = list(model.objects.all())
    assert rows
    assert staff.get(reverse(f"{name}_changelist"), follow=True).status_code == 200
    for row in rows:
        page = staff.get(reverse(f"{name}_change", args=[row.pk]))
        assert page.status_code == 200, row
        assert "<b>not json" not in page.content.decode()


def test_the_story_of_a_turn_tells_what_was_found_and_why_it_was_decided(busy: World, staff: Client) -> None:
    turn = Turn.objects.filter(outcome="held").get()
    page = staff.get(reverse("admin:chatbot_turn_change", args=[turn.pk])).content.decode()
    assert "Returning a blender" in page
    assert "# Returning a blender" not in page, "excerpts are shown as they read, not as they are written"
    assert "The confidence is under the threshold." in page


def test_process_again_takes_failed_notifications_and_says_how_many(busy: World, staff: Client) -> None:
    event = InboundEvent.objects.get()
    answer = staff.post(
        reverse("admin:chatbot_inboundevent_changelist"),
        {"action": "process_selected_again", "_selected_action": [event.pk]},
        follow=True,
    )
    assert "1 notification is processed again." in answer.content.decode()
    event.refresh_from_db()
    assert (event.status, event.error) == ("received", "")


def test_a_refused_delivery_is_looked_up_before_it_is_sent_again(busy: World, staff: Client) -> None:
    delivery = Delivery.objects.filter(kind="reply", status="sent").get()
    Delivery.objects.filter(pk=delivery.pk).update(status="failed", external_id="")
    staff.post(
        reverse("admin:chatbot_delivery_changelist"), {"action": "send_again", "_selected_action": [delivery.pk]}
    )
    busy.work(delivery.conversation)
    assert outbox(delivery.conversation) == [("reply", "sent")]
    assert busy.posted(delivery.conversation) == 1


def test_the_stored_token_is_never_shown_and_an_empty_field_keeps_it(busy: World, staff: Client) -> None:
    Workspace.objects.update(access_token="very-secret-token")
    address = reverse("admin:chatbot_workspace_change", args=[busy.workspace.pk])
    assert "very-secret-token" not in staff.get(address).content.decode()
    form = {"app_id": "sandbox", "name": "New name", "is_active": "on", "bot_admin_id": "1001", "access_token": ""}
    assert staff.post(address, form).status_code == 302
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.access_token) == ("New name", "very-secret-token")


def test_nobody_without_rights_sees_a_page(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("jun", password="x", is_staff=True))
    assert client.get(reverse("admin:chatbot_turn_changelist")).status_code == 403
    assert Client().get(reverse("admin:chatbot_turn_changelist")).status_code == 302


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    said = StringIO()
    call_command("makemigrations", "chatbot", "sessions_app", check=True, dry_run=True, stdout=said)
    assert "No changes" in said.getvalue()


@pytest.mark.parametrize(
    ("admin_class", "method", "choices"),
    [
        (TurnAdmin, "outcome_label", Turn.Outcome),
        (InboundEventAdmin, "status_label", InboundEvent.Status),
        (DeliveryAdmin, "status_label", Delivery.Status),
        (ConversationAdmin, "state_label", State),
    ],
)
def test_every_status_has_its_label(admin_class: Any, method: str, choices: Any) -> None:
    """One without would be shown as it is stored, in no language."""
    assert set(getattr(admin_class, method).label) == set(choices.values)


@translation.override("en")  # put back afterwards: a request leaves its language active
def test_labels_keep_their_colours_in_chinese(busy: World, staff: Client) -> None:
    Delivery.objects.update(status=Delivery.Status.SENT)
    staff.cookies["django_language"] = "zh-hans"
    for model, word, colour in (
        ("chatbot_delivery", Delivery.Status.SENT, "bg-green-100"),
        ("chatbot_inboundevent", InboundEvent.Status.FAILED, "bg-red-100"),
        ("chatbot_turn", Turn.Outcome.ANSWERED, "bg-green-100"),
        ("sessions_app_conversation", State.PERSON, "bg-blue-100"),
    ):
        page = staff.get(reverse(f"admin:{model}_changelist")).content.decode()
        with translation.override("zh-hans"):
            translated = str(word.label)
        assert translated != word.value
        labels = re.findall(r'<span class="inline-block([^"]*)"[^>]*>\s*([^<]*?)\s*</span>', page)
        assert {colour in classes for classes, text in labels if text == translated} == {True}, (model, labels)
