"""Playbooks in a conversation, and their admin."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from chatbot.models import Playbook, PlaybookStep, TriggerRule, Turn
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.thinking import think
from chatbot.playbooks.choosing import followed_playbook, forget_recent_playbooks
from chatbot.rules.current import forget_current
from sessions_app.models import Handoff
from sessions_app.snapshots import snapshot
from sessions_app.states import State
from tests.integration.chatbot.world import World

QUESTION = "How do I return a blender?"
ASKS = {"kind": "ask", "text": "What is your order number?", "pattern": r"[A-Z]{2}\d{6}"}


@pytest.fixture(autouse=True)
def _nothing_remembered(db: None) -> Iterator[None]:
    forget_current()
    forget_recent_playbooks()
    yield
    forget_current()
    forget_recent_playbooks()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def playbook(name: str, *steps: dict[str, Any], **more: Any) -> Playbook:
    made = Playbook(name=name, **more)
    made.full_clean()
    made.save()
    for position, values in enumerate(steps):
        step = PlaybookStep(playbook=made, position=position, **values)
        step.full_clean()
        step.save()
    forget_recent_playbooks()
    return made


def rule(playbook_named: str) -> None:
    TriggerRule.objects.create(name="returns", route="continue", keywords="return", playbook=playbook_named)
    forget_current()


def test_a_missing_number_is_asked_once_and_the_answer_goes_on_with_the_question(world: World) -> None:
    made = playbook("Returns", ASKS, {"kind": "tell", "text": "Mention the shipping label."})
    rule("returns")
    world.threshold(0.0)
    conversation = world.asked(QUESTION)
    world.work(conversation)
    [asked] = world.said(conversation)
    assert "What is your order number?" in asked
    first = Turn.objects.get()
    assert (first.outcome, first.reasons) == ("answered", ["playbook_asks"])
    assert first.trace["playbook"]["id"] == made.pk
    world.work(world.wrote_on(conversation, "it is AB123456"))
    second = Turn.objects.order_by("pk")[1]
    assert second.question == f"{QUESTION}\nit is AB123456"
    assert "30 days" in world.said(conversation)[-1]
    taken = [step["taken"] for step in second.trace["playbook"]["steps"]]
    assert (second.trace["playbook"]["chosen_by"], taken) == ("rule", ["known", "told"])


def test_who_answers_something_else_is_not_asked_again(world: World) -> None:
    playbook("Returns", ASKS)
    rule("Returns")
    world.threshold(0.0)
    conversation = world.asked(QUESTION)
    world.work(conversation)
    TriggerRule.objects.all().delete()  # the answer belongs to the question, whatever the rules say of it
    forget_current()
    world.work(world.wrote_on(conversation, "I do not have one"))
    second = Turn.objects.order_by("pk")[1]
    assert second.trace["playbook"]["chosen_by"] == "question"
    assert [step["taken"] for step in second.trace["playbook"]["steps"]] == ["unanswered"]
    assert "30 days" in world.said(conversation)[-1]


def test_a_playbook_hands_over_to_its_team_once_everything_is_there(world: World) -> None:
    playbook("Collect", ASKS, {"kind": "hand_off", "team_id": "2002"})
    playbook("Returns", {"kind": "tell", "text": "Be kind."}, {"kind": "go_on", "goes_to": Playbook.objects.get()})
    rule("Returns")
    conversation = world.asked(f"{QUESTION} My order is AB123456.")
    world.work(conversation)
    assert conversation.state == State.PERSON
    assert Handoff.objects.get().reason == "rule"
    assert Turn.objects.get().reasons == ["playbook_hands_over"]
    assert world.team_of(conversation) == "2002"


def test_the_model_is_told_what_the_playbook_says_and_the_turn_shows_it(world: World, staff: Client) -> None:
    playbook("Returns", {"kind": "tell", "text": "Mention the shipping label."})
    rule("Returns")
    conversation = world.asked(QUESTION)
    thought = think(snapshot(conversation), "", StageClock(), may_ask=True)
    assert thought.voice is not None
    assert thought.voice.manner.guidance[0] == "Mention the shipping label."
    world.work(conversation)
    page = staff.get(reverse("admin:chatbot_turn_change", args=[Turn.objects.get().pk])).content.decode()
    assert "Mention the shipping label." in page
    assert "told to the model" in page


def test_a_person_who_is_wanted_comes_whatever_the_playbook_asks(world: World) -> None:
    playbook("Returns", ASKS)
    rule("Returns")
    conversation = world.asked("I want to return this, give me a human")
    world.work(conversation)
    assert Turn.objects.get().reasons == ["customer_asked"]


def test_a_scenario_chooses_its_playbook_in_the_customers_language_first() -> None:
    playbook("any", ASKS, scenario="return")
    playbook("zh", ASKS, scenario="return", language="zh")
    playbook("off", ASKS, scenario="order", is_on=False)

    def chosen(scenario: str, language: str) -> str | None:
        found = followed_playbook(named="", asked=None, scenario=scenario, language=language, said=[], attributes={})
        return found.followed.plan.name if found else None

    assert chosen("return", "zh-hans") == "zh"
    assert chosen("return", "en") == "any"
    assert chosen("order", "en") is None
    with transaction.atomic(), pytest.raises(IntegrityError):
        Playbook.objects.create(name="second", scenario="return")


# Admin ----------------------------------------------------------------------------------------------------------------


def form(*steps: dict[str, Any], made: Playbook | None = None, **more: Any) -> dict[str, Any]:
    rows = list(made.steps.all()) if made else []
    data: dict[str, Any] = {
        "name": "Returns", "description": "", "scenario": "", "language": "", "is_on": "on",
        "steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": len(rows),
        "steps-MIN_NUM_FORMS": 0, "steps-MAX_NUM_FORMS": 1000, **more,
    }  # fmt: skip
    for number, step in enumerate(steps):
        values = {"position": number, "kind": "tell", "text": "", "pattern": "", "attribute": "", "team_id": "",
                  "goes_to": "", **step}  # fmt: skip
        data |= {f"steps-{number}-{name}": value for name, value in values.items()}
        if number < len(rows):
            data |= {f"steps-{number}-id": rows[number].pk, f"steps-{number}-playbook": made.pk if made else ""}
    return data


def posted(staff: Client, *steps: dict[str, Any], made: Playbook | None = None, **more: Any) -> str:
    address = (
        reverse("admin:chatbot_playbook_change", args=[made.pk]) if made else reverse("admin:chatbot_playbook_add")
    )
    answer = staff.post(address, form(*steps, made=made, **more))
    return "" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((), "A playbook needs at least one step."),
        (({"kind": "tell", "text": " … "},), "Write what the model is told"),
        (({"kind": "tell", "text": "ab\x07c"},), "control characters"),
        (({"kind": "go_on"},), "Choose the playbook that goes on."),
        (({"kind": "ask", "text": "Which?", "pattern": "(a|"},), "The expression cannot be read"),
        (({"kind": "ask", "text": "Which?", "pattern": "a|"},), "also matches nothing at all"),
        (({"kind": "ask", "text": "Which?", "pattern": "x" * 1_000_000},), "at most 1000 characters"),
        (({"kind": "tell", "text": "x" * 1_000_000},), "at most 1000 characters"),
        (({"kind": "hand_off"}, {"kind": "tell", "text": "late"}), "Never reached"),
        (({"kind": "hand_off", "pattern": "a"},), "does not use it"),
        (({"kind": "dance", "text": "x"},), "not one of the available choices"),
    ],
)
def test_a_playbook_that_cannot_work_is_refused_at_its_field_and_nothing_is_half_saved(
    staff: Client, steps: tuple[dict[str, Any], ...], words: str
) -> None:
    assert words in posted(staff, *steps)
    assert not Playbook.objects.exists()


def test_playbooks_that_go_round_in_a_circle_are_refused_with_the_way(staff: Client) -> None:
    first = playbook("First", {"kind": "tell", "text": "One."})
    second = playbook("Second", {"kind": "go_on", "goes_to": first})
    page = posted(staff, {"kind": "go_on", "goes_to": second.pk}, made=first, name="First")
    assert "First → Second → First" in page
    assert "round in a circle" in posted(staff, {"kind": "go_on", "goes_to": first.pk}, made=first, name="First")
    assert first.steps.get().kind == "tell"


def test_a_good_playbook_is_saved_listed_and_previewed(staff: Client) -> None:
    asks = {"kind": "ask", "text": "Your order number?", "pattern": r"[A-Z]{2}\d{6}"}
    assert posted(staff, asks, {"kind": "hand_off"}) == ""
    made = Playbook.objects.get()
    assert "ask the customer → hand over" in staff.get(reverse("admin:chatbot_playbook_changelist")).content.decode()
    preview = reverse("admin:chatbot_playbook_preview", args=[made.pk])
    assert "the customer is asked" in staff.post(preview, {"text": "return it"}).content.decode()
    told = staff.post(preview, {"text": "return AB123456"}).content.decode()
    assert "is there, so not asked" in told
    assert "handed over" in told
    assert not Turn.objects.exists()
