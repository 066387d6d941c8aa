"""Trigger rules in a conversation, their admin, and their preview."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatbot.models import BusinessHours, StandardMessage, TemperatureProfile, TriggerRule, Turn
from chatbot.rules.current import current_router, forget_current, rules_version
from sessions_app.models import Conversation, Customer, Handoff, Message
from sessions_app.states import State
from tests.integration.chatbot.world import World, outcomes

QUESTION = "How do I return a blender?"


@pytest.fixture(autouse=True)
def _rules_of_this_test_only(db: None) -> Iterator[None]:
    forget_current()
    yield
    forget_current()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def rule(name: str, route: str, **more: object) -> TriggerRule:
    made = TriggerRule(**{"name": name, "route": route, "position": TriggerRule.objects.count(), **more})
    made.full_clean()
    made.save()
    forget_current()
    return made


def test_a_rule_hands_over_to_its_own_team_and_the_turn_says_which(world: World) -> None:
    made = rule("returns", "hand_off", keywords="blender\nmixer", team_id="2002", tags="returns", priority="high")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert conversation.state == State.PERSON
    assert Handoff.objects.get().reason == "rule"
    turn = Turn.objects.get()
    assert (turn.reasons, turn.trace["route"]["decided_by"]) == (["trigger_rule"], made.pk)
    assert world.team_of(conversation) == "2002"
    item = world.sandbox.http.get(
        f"/conversations/{conversation.external_id}", headers={"Authorization": "Bearer sandbox-token"}
    ).json()
    assert {tag["name"] for tag in item["tags"]["tags"]} == {"returns", "priority: high"}


def test_a_rule_keeps_the_bot_out(world: World) -> None:
    rule("not ours", "stay_out", first="yes")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert (outcomes(conversation), world.said(conversation)) == (["silent"], [])


def test_a_rule_holds_a_sure_answer_with_its_draft(world: World) -> None:
    rule("all by mail", "hold", channels="conversation")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert outcomes(conversation) == ["held"]
    assert Turn.objects.get().reasons[0] == "trigger_rule"
    assert "30 days" in Turn.objects.get().answer


def test_who_asks_for_a_person_gets_one_whatever_the_rules_say(world: World) -> None:
    rule("never", "stay_out")
    conversation = world.asked("I want to talk to a human")
    world.work(conversation)
    assert Turn.objects.get().reasons == ["customer_asked"]


@pytest.mark.parametrize(("choice", "outcome"), [("bot", "answered"), ("person", "handed_over")])
def test_the_customer_is_asked_once_and_gets_what_was_chosen(world: World, choice: str, outcome: str) -> None:
    StandardMessage.objects.update_or_create(
        kind="offer", language="en", defaults={"text": "Bot or person?", "is_on": True}
    )
    rule("choice", "offer", first="yes")
    conversation = world.asked(QUESTION)
    world.work(conversation)
    assert world.said(conversation) == ["Bot or person?"]
    world.work(world.wrote_on(conversation, choice))
    assert outcomes(conversation) == ["answered", outcome]
    if choice == "bot":
        assert "30 days" in world.said(conversation)[-1]
        assert Turn.objects.order_by("-pk")[0].question == QUESTION
    assert world.said(conversation).count("Bot or person?") == 1


def test_a_rule_names_the_profile_of_the_turn(world: World) -> None:
    profile = TemperatureProfile.objects.exclude(is_default=True).first()
    assert profile is not None
    rule("warm", "continue", keywords="blender", profile=profile.name)
    world.work(world.asked(QUESTION))
    assert profile.name in str(Turn.objects.get().trace)


def test_the_channel_of_a_conversation_is_kept(world: World) -> None:
    assert world.asked(QUESTION).channel == "conversation"


# Bad input ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("keywords", {"keywords": "…"}), ("keywords", {"keywords": "a\n" * 300}),
        ("keywords", {"keywords": "refund\x07"}), ("tags", {"tags": "vip\x1b[31m"}),
        ("team_id", {"team_id": "20\u200b01"}),
        ("attributes", {"attributes": "country"}),
        ("business_hours", {"in_hours": "yes"}), ("route", {"route": "explode"}), ("tags", {"tags": "x" * 600}),
        ("position", {"position": -1}), ("priority", {"priority": "highest"}),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_at_its_field(field: str, values: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        rule("bad", **{"route": "hold", **values})  # type: ignore[arg-type]
    assert field in refused.value.message_dict
    assert not TriggerRule.objects.exists()


@pytest.mark.django_db
def test_bad_hours_are_refused_at_their_fields_and_written_past_the_admin_they_stop_nothing() -> None:
    with pytest.raises(ValidationError) as refused:
        BusinessHours(name="x", time_zone="Mars", weekly="whenever", closed_on="soon").full_clean()
    assert set(refused.value.message_dict) == {"time_zone", "weekly", "closed_on"}
    hours = BusinessHours.objects.create(name="bad", weekly="whenever")
    rule("with bad hours", "hold", business_hours=hours, in_hours="yes")
    rule("good", "stay_out")
    assert [trigger.name for trigger in current_router().triggers] == ["good"]


@pytest.mark.django_db
def test_changes_of_rules_and_hours_are_seen_by_every_process() -> None:
    before = rules_version()
    BusinessHours.objects.create(name="day")
    between = rules_version()
    rule("one", "hold")
    assert before < between < rules_version()


# Admin ----------------------------------------------------------------------------------------------------------------


def test_the_preview_says_for_each_rule_why_it_applies_or_not(staff: Client) -> None:
    rule("tier", "hand_off", tiers="enterprise")
    rule("words", "hold", keywords="refund")
    page = staff.post(
        reverse("admin:chatbot_triggerrule_changelist") + "preview/",
        {"what": "one", "text": "a r e f u n d, please", "tier": "pro", "now": "2026-11-25T12:00"},
    ).content.decode()
    assert "another customer tier" in page
    assert "decided by “words”" in page
    assert "hold for review" in page


def test_the_preview_shows_yesterdays_messages(staff: Client) -> None:
    rule("words", "hold", keywords="refund")
    customer = Customer.objects.create(workspace="w", external_id="c")
    conversation = Conversation.objects.create(workspace="w", external_id="1", customer=customer)
    noon = timezone.localtime().replace(hour=12) - timedelta(days=1)
    for number, text in enumerate(["my refund?", "hello"]):
        Message.objects.create(
            conversation=conversation, external_id=str(number), author="customer", text=text, sent_at=noon
        )
    page = staff.post(reverse("admin:chatbot_triggerrule_changelist") + "preview/", {"what": "yesterday"})
    found = page.context["yesterday"]
    assert (found.looked_at, found.undecided, found.rows[0].applied) == (2, 1, 1)
    assert "my refund?" in page.content.decode()


def test_names_that_nothing_has_yet_are_warned_about_and_kept(staff: Client) -> None:
    form = {
        "name": "later", "is_on": "on", "keywords": "", "tiers": "", "attributes": "", "channels": "", "languages": "",
        "intents": "no such intent", "business_hours": "", "in_hours": "any", "first": "any", "attachment": "any",
        "route": "hold", "team_id": "", "tags": "", "priority": "", "profile": "no such profile",
        "playbook": "none yet",
        "note": "",
    }  # fmt: skip
    page = staff.post(reverse("admin:chatbot_triggerrule_add"), form, follow=True).content.decode()
    for words in ("No intent has this name yet: no such intent", "No temperature profile", "No playbook"):
        assert words in page
    assert TriggerRule.objects.get().intents == "no such intent"


def test_pages_of_rules_and_hours_open(staff: Client) -> None:
    hours = BusinessHours.objects.create(name="day")
    made = rule("one", "hold", business_hours=hours, in_hours="no")
    for name, row in (("triggerrule", made), ("businesshours", hours)):
        for address in (
            reverse(f"admin:chatbot_{name}_changelist"),
            reverse(f"admin:chatbot_{name}_change", args=[row.pk]),
            reverse(f"admin:chatbot_{name}_history", args=[row.pk]),
        ):
            assert staff.get(address).status_code == 200, address
