"""What customers meet while an experiment runs: their arm, always the same one, and nobody a wrong one."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from analytics.business.filling import fill
from analytics.models import ConversationOutcome
from chatbot.experiments.acting import start, stop
from chatbot.experiments.running import forget_recent_experiments
from chatbot.models import Delivery, Experiment, PromptVersion, TemperatureProfile, Turn
from chatbot.profiles.choosing import forget_recent_profiles
from chatbot.prompts.in_force import forget_recent_prompts
from sessions_app.models import Conversation, Handoff
from sessions_app.states import State
from tests.integration.chatbot.world import Interrupted, World

Lever = Experiment.Lever


@pytest.fixture(autouse=True)
def _fresh(db: None) -> Iterator[None]:
    yield
    for forget in (forget_recent_experiments, forget_recent_profiles, forget_recent_prompts):
        forget()


def started(lever: Experiment.Lever = Lever.THRESHOLD, **other: Any) -> Experiment:
    if lever is Lever.HOLDOUT:
        other["goal"] = Experiment.Goal.CSAT
    experiment = Experiment.objects.create(lever=lever, name="Question", share=50, **other)
    start(experiment, by=None)
    forget_recent_experiments()
    return experiment


def in_both_arms(world: World, experiment: Experiment) -> dict[str, list[Turn]]:
    """Customers ask until each arm has answered two."""
    found: dict[str, list[Turn]] = {"control": [], "tried": []}
    for _ in range(40):
        conversation = world.asked()
        world.work(conversation)
        turn = Turn.objects.get(conversation=conversation)
        found[turn.arms[str(experiment.pk)]].append(turn)
        if min(map(len, found.values())) >= 2:
            return found
    raise AssertionError("one arm stayed empty")


def test_another_threshold_counts_in_the_tried_arm_only(world: World) -> None:
    world.threshold(0.0)
    found = in_both_arms(world, started(threshold=1.0))
    assert {(turn.threshold, turn.outcome) for turn in found["control"]} == {(0.0, "answered")}
    assert {(turn.threshold, turn.outcome) for turn in found["tried"]} == {(1.0, "held")}


def test_another_profile_is_the_default_in_the_tried_arm_as_it_was_at_the_start(world: World) -> None:
    world.threshold(0.0)
    profile = TemperatureProfile.objects.create(name="Careful", always_review=True, temperature=0.1)
    experiment = started(Lever.PROFILE, profile=profile)
    profile.always_review = False
    profile.save()
    forget_recent_profiles()
    found = in_both_arms(world, experiment)
    assert {turn.outcome for turn in found["control"]} == {"answered"}
    assert {(turn.profile.partition(" v")[0], turn.outcome) for turn in found["tried"]} == {("Careful", "held")}


def test_another_prompt_is_told_in_the_tried_arm_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Interrupted(meanwhile=[])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    monkeypatch.setattr("chatbot.pipeline.reuse.writer", lambda: "interrupted")
    active = PromptVersion.objects.get(name="answer", is_active=True)
    other = PromptVersion.objects.create(
        name="answer", number=active.number + 1, instructions=active.instructions + " Speak like a sailor.",
        message=active.message,
    )  # fmt: skip
    world.threshold(0.0)
    found = in_both_arms(world, started(Lever.PROMPT, prompt=other))
    versions = {
        arm: {turn.trace["prompt"]["version"] for turn in turns if turn.trace["prompt"]} for arm, turns in found.items()
    }
    assert versions == {"control": {active.number}, "tried": {other.number}}


def test_without_the_bot_the_customer_meets_people_only(world: World) -> None:
    world.threshold(0.0)
    found = in_both_arms(world, started(Lever.HOLDOUT))
    for turn in found["tried"]:
        conversation = Conversation.objects.get(pk=turn.conversation_id)
        assert (turn.outcome, turn.reasons, conversation.state) == ("handed_over", ["holdout"], State.PERSON)
        assert world.said(conversation) == []
        assert len(world.said(conversation, "note")) == 1
        assert world.team_of(conversation) == world.workspace.handoff_team_id
        assert Handoff.objects.get(conversation=conversation).reason == "experiment"
    assert {turn.outcome for turn in found["control"]} == {"answered"}
    fill(now=timezone.now())
    outcomes = ConversationOutcome.objects.filter(pk__in=[turn.conversation_id for turn in found["tried"]])
    assert {(one.is_involved, one.is_handed_over) for one in outcomes} == {(False, False)}


def test_a_customer_meets_the_same_arm_in_the_next_conversation(world: World) -> None:
    world.threshold(0.0)
    experiment = started(threshold=1.0)
    for turns in in_both_arms(world, experiment).values():
        customer = turns[0].conversation.customer
        again = world.look(world.sandbox.ask("How do I return a blender?", email=customer.email))
        assert again.customer_id == customer.pk
        world.work(again)
        assert Turn.objects.get(conversation=again).arms == turns[0].arms


def test_before_the_start_and_after_the_end_everybody_is_treated_as_today(world: World) -> None:
    world.threshold(0.0)
    before = world.asked()
    experiment = started(threshold=1.0)
    world.work(before)
    stop(experiment, by=None, conclusion="Enough")
    forget_recent_experiments()
    after = world.asked()
    world.work(after)
    assert list(Turn.objects.values_list("arms", "threshold")) == [({}, 0.0), ({}, 0.0)]


def test_a_prompt_that_became_unusable_takes_the_whole_experiment_out(world: World) -> None:
    active = PromptVersion.objects.get(name="answer", is_active=True)
    other = PromptVersion.objects.create(
        name="answer", number=active.number + 1, instructions=active.instructions, message=active.message
    )
    started(Lever.PROMPT, prompt=other)
    PromptVersion.objects.filter(pk=other.pk).update(message="{{ nobody_knows }}")
    forget_recent_experiments()
    conversation = world.asked()
    world.work(conversation)
    assert Turn.objects.get(conversation=conversation).arms == {}


def test_nothing_leaves_for_a_customer_without_the_bot(world: World) -> None:
    started(Lever.HOLDOUT)
    for _ in range(6):
        world.work(world.asked("hello"))
    kinds = set(Delivery.objects.filter(turn__reasons__contains=["holdout"]).values_list("kind", flat=True))
    assert kinds <= {"note", "assign"}
