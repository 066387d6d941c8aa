"""What a person approved is sent as it is: without a model, whatever the threshold, and the turn says so."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chatbot.models import Turn
from knowledge.approved import fill_vectors
from knowledge.models import ApprovedAnswer
from knowledge.past_questions import past_questions
from tests.integration.chatbot.world import QUESTION, Interrupted, outcomes

pytestmark = pytest.mark.django_db(transaction=True)


def approve(**fields: object) -> ApprovedAnswer:
    fields = {"question": QUESTION, "answer": "Bring it to **any shop**.", "language": "en"} | fields
    made = ApprovedAnswer.objects.create(**fields)
    fill_vectors([made.pk])
    return made


def test_it_is_sent_word_for_word_at_any_threshold_and_without_the_model(world, monkeypatch) -> None:
    approve()
    model = Interrupted(meanwhile=[])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    world.threshold(1.0)
    conversation = world.asked("how do i return a BLENDER")
    world.work(conversation)
    assert outcomes(conversation) == ["answered"] and model.asked == []
    assert world.said(conversation) == ["Bring it to any shop."]


def test_the_turn_tells_which_answer_and_why(world, admin_client) -> None:
    made = approve()
    conversation = world.asked("How do I return the blender?")
    world.work(conversation)
    turn = Turn.objects.get(conversation=conversation)
    assert turn.reasons == ["approved_answer"] and turn.confidence == 1.0
    assert turn.trace["approved_answer"]["id"] == made.pk and turn.trace["approved_answer"]["match"] == "similar"
    page = admin_client.get(reverse("admin:chatbot_turn_change", args=[turn.pk])).content.decode()
    assert reverse("admin:knowledge_approvedanswer_change", args=[made.pk]) in page
    assert "A person approved this answer to this question." in page


def test_a_wish_for_a_person_comes_first(world) -> None:
    approve(question="I want to talk to a human")
    conversation = world.asked("I want to talk to a human")
    world.work(conversation)
    assert outcomes(conversation) == ["handed_over"]


@pytest.mark.parametrize(
    "fields",
    [{"audience_tiers": ["gold"]}, {"language": "de"}, {"is_on": False}, {"expires_at": timezone.now() - timedelta(1)}],
)
def test_what_is_not_for_this_customer_now_is_not_sent(world, fields) -> None:
    approve(**fields)
    conversation = world.asked()
    world.work(conversation)
    assert "any shop" not in world.said(conversation)[-1]
    assert Turn.objects.get(conversation=conversation).trace["approved_answer"] is None


def test_what_customers_asked_can_be_looked_through(world) -> None:
    conversation = world.asked()
    world.work(conversation)
    found = past_questions(timezone.now() - timedelta(days=1), most=10)
    assert [(one.text, one.language) for one in found] == [(QUESTION, "en")]
    assert found[0].address.endswith(f"/{Turn.objects.get().pk}/change/")
