"""Prompts are versions: added, activated, gone back to; every turn says which it used, and what did not fit."""

import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from chatbot.llm.scripted import ScriptedModel
from chatbot.models import PromptVersion, Turn
from chatbot.pipeline.rehearsal import rehearse
from chatbot.pipeline.tried import Tried
from chatbot.prompts import in_force, shipped
from chatbot.prompts.in_force import forget_recent_prompts, prompts_in_force
from chatbot.prompts.shipped import PROMPTS
from chatbot.prompts.templates import PromptName
from chatbot.prompts.versions import activate, add_version, offered, take_over
from tests.integration.chatbot.world import QUESTION, World

pytestmark = pytest.mark.django_db

ANSWER = PROMPTS[PromptName.ANSWER].shipped
POLITE = f"Be polite.\n{ANSWER.instructions}"
REPLY = "Send the blender back within 30 days [1]."


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Any:
    forget_recent_prompts()
    yield
    forget_recent_prompts()


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    model = ScriptedModel([REPLY] * 9)
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    return model


def polite() -> PromptVersion:
    return add_version(PromptName.ANSWER, instructions=POLITE, message=ANSWER.message, note="politer")


def test_version_one_is_the_text_that_comes_with_handrail() -> None:
    for name in PromptName:
        row = PromptVersion.objects.get(name=name)
        assert (row.number, row.is_shipped, row.is_active) == (1, True, True)
        assert row.text() == PROMPTS[name].shipped
        assert offered(name) is None


def test_a_saved_version_counts_only_once_it_is_activated_and_one_click_goes_back() -> None:
    first, second = PromptVersion.objects.get(name="answer"), polite()
    assert (second.number, prompts_in_force().answer.number) == (2, 1)
    activate(second)
    forget_recent_prompts()  # the test's own transaction never commits
    assert prompts_in_force().answer == second.text()
    activate(first)
    forget_recent_prompts()
    assert prompts_in_force().answer.number == 1
    assert PromptVersion.objects.filter(name="answer").count() == 2


def test_an_activated_version_counts_in_every_process_within_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts_in_force()
    PromptVersion.objects.filter(name="answer").update(is_active=False)  # another process did it
    PromptVersion.objects.create(name="answer", number=2, instructions=POLITE, message=ANSWER.message, is_active=True)
    now = time.monotonic()
    monkeypatch.setattr("chatbot.recent.time.monotonic", lambda: now + 2.01)
    assert prompts_in_force().answer.number == 2


def test_the_database_keeps_two_active_versions_apart() -> None:
    with pytest.raises(IntegrityError, match="prompt_one_active"), transaction.atomic():
        PromptVersion.objects.create(
            name="answer", number=2, instructions=POLITE, message=ANSWER.message, is_active=True
        )


def test_a_text_that_cannot_be_used_is_refused_at_its_field_and_nothing_is_stored() -> None:
    with pytest.raises(ValidationError) as caught:
        add_version(PromptName.ANSWER, instructions="Hello {world}", message="{question}")
    assert set(caught.value.message_dict) == {"instructions", "message"}
    assert PromptVersion.objects.filter(name="answer").count() == 1


def test_a_new_release_offers_its_text_and_forces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = {**PROMPTS, PromptName.ANSWER: shipped.PromptKind(
        label="", purpose="", instructions=PROMPTS[PromptName.ANSWER].instructions,
        message=PROMPTS[PromptName.ANSWER].message,
        shipped=in_force.PromptText(
            name=PromptName.ANSWER, number=1, instructions=f"{ANSWER.instructions}\nBe brief.", message=ANSWER.message
        ),
    )}  # fmt: skip
    monkeypatch.setattr(shipped, "PROMPTS", newer)
    assert prompts_in_force().answer == ANSWER
    assert offered(PromptName.ANSWER) is not None
    taken = take_over(PromptName.ANSWER)
    assert (taken.number, taken.is_shipped, taken.is_active) == (2, True, False)
    assert offered(PromptName.ANSWER) is None


def test_a_row_that_cannot_be_used_any_more_gives_way_to_the_text_that_comes_with_handrail() -> None:
    PromptVersion.objects.filter(name="answer").update(instructions="Hello {world}", number=7)
    assert prompts_in_force().answer == ANSWER


def test_the_turn_says_which_version_it_used(world: World, model: ScriptedModel) -> None:
    activate(polite())
    forget_recent_prompts()
    world.work(world.asked())
    told = model.asked[-1][0]
    assert told[0].content.startswith("Be polite.\nYou answer customers")
    prompt = Turn.objects.get().trace["prompt"]
    assert (prompt["name"], prompt["version"], prompt["left_out"]) == ("answer", 2, {})
    assert 100 < prompt["tokens"] < prompt["window"]


def test_the_turn_says_what_did_not_fit(world: World, model: ScriptedModel, settings: Any) -> None:
    settings.MODEL_CONTEXT_TOKENS = 2_048
    conversation = world.asked("I have a blender. " + "It is red. " * 300)
    world.work(conversation)
    world.work(world.wrote_on(conversation, f"{QUESTION} {'Please be quick about it. ' * 40}"))
    prompt = Turn.objects.order_by("-pk")[0].trace["prompt"]
    assert prompt["left_out"]["messages"] >= 1
    assert prompt["answer_tokens"] == 512
    assert not any("It is red" in message.content for message in model.asked[-1][0])


def test_a_question_that_does_not_fit_is_quoted_and_the_turn_says_why(
    world: World, model: ScriptedModel, settings: Any
) -> None:
    settings.MODEL_CONTEXT_TOKENS = 2_048
    world.work(world.asked(QUESTION + " It is red and it has a lid." * 300))
    turn = Turn.objects.get()
    assert model.asked == []
    assert turn.trace["model_failure"] == "the question does not fit the model's window"
    assert turn.outcome in ("answered", "held")


def test_an_answer_of_one_version_is_not_given_again_by_another(world: World, model: ScriptedModel) -> None:
    world.work(world.asked())
    activate(polite())
    forget_recent_prompts()
    world.work(world.asked())
    assert len(model.asked) == 2


def test_a_version_is_tried_through_the_real_stages_and_nothing_is_stored(world: World, model: ScriptedModel) -> None:
    tried = Tried(prompts=prompts_in_force().having(polite().text()))
    tried_one = rehearse(QUESTION, tried)
    assert "30 days" in tried_one.thought.draft.text
    assert model.asked[-1][0][0].content.startswith("Be polite.")
    assert not Turn.objects.exists()
    assert prompts_in_force().answer.number == 1
