"""A follow-up is searched together with what it refers to, and the story of the turn says so."""

from dataclasses import replace

import pytest

from chatbot.admin.turn import story_of
from chatbot.llm.scripted import ScriptedModel
from chatbot.models import ModelCall, ModelUse, Turn
from chatbot.pipeline.retrieve import Rewritten, retrieve
from chatbot.pipeline.understand import understand
from knowledge.minilm import weights_file
from sessions_app.context import ContextMessage
from sessions_app.snapshots import ConversationSnapshot
from tests.integration.chatbot.world import World
from tests.integration.knowledge.shelves import publish
from tests.unit.chatbot.test_understanding import asked

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]


@pytest.fixture
def articles() -> None:
    publish("Shipping", "Shipping to Austria costs 9.90 euro, to Germany 5.50 euro.")
    publish("Kettle", "Descale the kettle with vinegar every four weeks.")
    publish("Germany", "Our office in Germany is closed on Mondays.")


def after(earlier: str, question: str) -> ConversationSnapshot:
    history = (
        ContextMessage(message_id=1, author="customer", text=earlier),
        ContextMessage(message_id=2, author="bot", text="Here you are."),
    )
    return replace(asked(question), history=history)


@pytest.mark.usefixtures("articles")
def test_a_follow_up_finds_what_it_refers_to() -> None:
    view = after("How much is shipping to Austria?", "and to Germany?")
    found = retrieve(understand(view), view)
    assert found.retrieval.passages[0].article_title == "Shipping"
    assert (found.rewritten, found.retrieval.question) == (Rewritten.BY_WORDS, "How much is shipping?\nand to Germany?")


@pytest.mark.usefixtures("articles")
def test_a_question_that_stands_alone_is_searched_as_it_is_written() -> None:
    view = after("How much is shipping to Austria?", "How do I descale my kettle with vinegar?")
    found = retrieve(understand(view), view)
    assert found.retrieval.passages[0].article_title == "Kettle"
    assert (found.rewritten, found.retrieval.question) == (Rewritten.NOT, view.question)


@pytest.mark.usefixtures("articles")
def test_a_model_completes_the_follow_up_and_is_not_asked_about_others() -> None:
    model = ScriptedModel(["How much is shipping to Germany?"])
    view = after("How much is shipping to Austria?", "and to Germany?")
    found = retrieve(understand(view), view, model=model)
    assert (found.rewritten, found.retrieval.question) == (Rewritten.BY_MODEL, "How much is shipping to Germany?")
    alone = after("How much is shipping to Austria?", "How do I descale my kettle with vinegar?")
    assert retrieve(understand(alone), alone, model=model).rewritten is Rewritten.NOT
    assert len(model.asked) == 1


@pytest.mark.usefixtures("articles")
def test_without_history_nothing_is_borrowed() -> None:
    view = asked("and to Germany?")
    assert retrieve(understand(view), view).retrieval.question == "and to Germany?"


@pytest.mark.usefixtures("articles")
def test_the_story_of_the_turn_shows_what_was_searched_for(world: World) -> None:
    conversation = world.asked("How much is shipping to Austria?")
    world.work(conversation)
    world.work(world.wrote_on(conversation, "and to Germany?"))
    first, second = map(story_of, Turn.objects.order_by("pk"))
    assert first["searched_for"] is None
    assert second["searched_for"]["text"] == "How much is shipping?\nand to Germany?"


@pytest.mark.usefixtures("articles")
def test_a_follow_up_that_the_model_completed_is_paid_for_by_its_conversation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = "Shipping to Austria costs 9.90 euro, to Germany 5.50 euro [1]."
    model = ScriptedModel([answer, "How much is shipping to Germany?", answer])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    conversation = world.asked("How much is shipping to Austria?")
    world.work(conversation)
    world.work(world.wrote_on(conversation, "and to Germany?"))
    (call,) = ModelCall.objects.all()
    assert (call.use, call.conversation_id, call.model) == (ModelUse.REWRITING, conversation.pk, "scripted")
    assert list(Turn.objects.values_list("model", flat=True)) == ["scripted", "scripted"], "answers bear their own"
