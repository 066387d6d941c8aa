"""The second customer who asks the same gets the same answer at once; what is private stays private."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from chatbot import reviewing
from chatbot.admin.turn import story_of
from chatbot.models import Turn
from knowledge.caches.store import store
from knowledge.minilm import weights_file
from knowledge.models import Article
from sessions_app.models import Conversation, ReviewItem
from tests.integration.chatbot.world import QUESTION, Interrupted, World, outcomes

pytestmark = pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")


def kept() -> int:
    return store().counts().kept


def turn_of(conversation: Conversation) -> Turn:
    return Turn.objects.filter(conversation=conversation).latest("pk")


def test_the_second_customer_gets_the_answer_without_searching_or_writing(world: World, monkeypatch) -> None:
    model = Interrupted([])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    first = world.asked()
    world.work(first)
    assert kept() == 1 and len(model.asked) == 1
    second = world.asked("how do I return a BLENDER")
    world.work(second)
    assert len(model.asked) == 1 and world.said(second) == world.said(first)
    turn = turn_of(second)
    assert (turn.outcome, turn.reasons) == ("answered", ["answered_before"])
    assert turn.trace["retrieval"] is None and "generate" not in turn.trace["milliseconds"]
    story = story_of(turn)
    assert story["before"]["question"] == QUESTION and story["before"]["match"] == "exact"
    page = Client()
    page.force_login(User.objects.create_superuser("root"))
    shown = page.get(reverse("admin:chatbot_turn_change", args=[turn.pk])).content.decode()
    assert "The answer was given before" in shown and "Returning a blender" in shown


def test_a_changed_article_is_read_anew(world: World) -> None:
    world.work(world.asked())
    Article.objects.update(url="https://example.com/returns")
    second = world.asked()
    world.work(second)
    assert turn_of(second).reasons == ["confident"]


@pytest.mark.parametrize(
    "question",
    ["How do I return a blender? My order is 20553190", "How do I return a blender? I am at jo@example.com, thanks"],
)
def test_nothing_is_kept_of_a_message_with_a_personal_detail(world: World, question: str) -> None:
    conversation = world.asked(question)
    world.work(conversation)
    assert outcomes(conversation) == ["answered"] and kept() == 0


def test_nothing_is_kept_of_a_conversation_that_held_a_personal_detail_before(world: World) -> None:
    conversation = world.asked("My name is Jo and my order is 20553190. How do I return a blender?")
    world.work(conversation)
    world.work(world.wrote_on(conversation, QUESTION))
    assert outcomes(conversation) == ["answered", "answered"] and kept() == 0


def test_a_held_draft_is_kept_only_once_a_person_approved_it(world: World, django_capture_on_commit_callbacks) -> None:
    world.threshold(1.0)
    world.work(world.asked())
    assert kept() == 0
    reviewer = User.objects.create_user("mia", is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        reviewing.approve(ReviewItem.objects.get().pk, user=reviewer, answer="Send it back within 30 days.")
    assert kept() == 1
    second = world.asked()
    world.work(second)
    assert world.said(second)[-1] == "Send it back within 30 days."
    assert turn_of(second).trace["answered_before"]["origin"] == "reviewed"


def test_what_a_person_wrote_where_no_article_answers_is_no_answer_for_the_next_customer(
    world: World, django_capture_on_commit_callbacks
) -> None:
    unanswerable = "Can your technician repair my bicycle at home?"
    Article.objects.all().delete()
    world.work(world.asked(unanswerable))
    item = ReviewItem.objects.get()
    assert (item.reasons, item.draft) == (["knowledge_missing"], "")
    reviewer = User.objects.create_user("mia", is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        reviewing.approve(item.pk, user=reviewer, answer="Sorry, we repair kitchen appliances only.")
    assert kept() == 0


def test_an_edited_answer_with_a_personal_detail_is_not_kept(world: World, django_capture_on_commit_callbacks) -> None:
    world.threshold(1.0)
    world.work(world.asked())
    reviewer = User.objects.create_user("mia", is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        reviewing.approve(ReviewItem.objects.get().pk, user=reviewer, answer="Dear Jo, your code is TM-20553190.")
    assert kept() == 0


def test_a_raised_threshold_holds_what_was_less_sure(world: World) -> None:
    world.work(world.asked())
    world.threshold(1.0)
    second = world.asked()
    world.work(second)
    assert turn_of(second).reasons == ["low_confidence"] and world.said(second)[-1] == "A colleague looks at it."


def test_the_page_shows_what_is_kept_and_empties_it_for_those_who_may(world: World) -> None:
    world.work(world.asked())
    world.work(world.asked())
    reader = User.objects.create_user("ann", is_staff=True)
    client, address = Client(), reverse("kept_answers")
    client.force_login(reader)
    assert client.get(address).status_code == 403
    reader.user_permissions.add(Permission.objects.get(codename="view_article"))
    page = client.get(address).content.decode()
    assert "50 %" in page and "Forget all" not in page
    assert client.post(address).status_code == 403 and kept() == 1
    reader.user_permissions.add(Permission.objects.get(codename="change_article"))
    assert "1 answer was forgotten." in client.post(address, follow=True).content.decode()
    assert kept() == 0


def test_the_page_says_so_while_redis_is_away(admin_client: Client, monkeypatch) -> None:
    monkeypatch.setattr("knowledge.admin.kept_answers.store", lambda: type("Away", (), {"counts": lambda self: None})())
    assert "Redis does not answer now" in admin_client.get(reverse("kept_answers")).content.decode()
