"""One customer's message, worked on against a workspace that answers: what the customer and the team get."""

import pytest

from chatbot.intake import record_conversation
from chatbot.models import Delivery, Turn
from chatbot.workspaces import client_of
from sessions_app.models import Conversation, Handoff, ReviewItem
from sessions_app.states import State
from tests.integration.chatbot.world import QUESTION, Interrupted, World, outbox, outcomes


def test_a_sure_answer_is_sent_with_its_trace(world: World) -> None:
    conversation = world.asked()
    assert world.work(conversation).again_in_seconds is None
    [answer] = world.said(conversation)
    assert "30 days" in answer
    turn = Turn.objects.get(conversation=conversation)
    assert (turn.outcome, turn.reasons) == ("answered", ["confident"])
    assert turn.trace["retrieval"]["passages"][0]["cited"]
    assert {"conversation", "understand", "retrieve", "generate", "decide"} <= set(turn.trace["milliseconds"])
    assert (conversation.state, conversation.reply_due_at) == (State.BOT, None)


def test_working_twice_says_nothing_twice(world: World) -> None:
    conversation = world.asked()
    world.work(conversation)
    world.work(conversation)
    assert len(world.said(conversation)) == world.posted(conversation) == 1


def test_several_messages_in_a_row_are_answered_once(world: World) -> None:
    conversation = world.wrote_on(world.asked("I have a question."), "How do I return a blender?")
    world.work(conversation)
    assert len(world.said(conversation)) == 1
    assert Turn.objects.get().question == "I have a question.\nHow do I return a blender?"


def test_an_unsure_answer_waits_for_a_person_and_everybody_is_told(world: World) -> None:
    world.threshold(1.0)
    conversation = world.asked()
    world.work(conversation)
    assert conversation.state == State.REVIEW
    assert world.said(conversation) == ["A colleague looks at it."]
    [note] = world.said(conversation, "note")
    assert "30 days" in note
    assert world.team_of(conversation) == world.workspace.review_team_id
    item = ReviewItem.objects.get()
    assert (item.status, item.reasons) == ("waiting", ["low_confidence"])


def test_a_customer_who_writes_on_is_told_only_once_that_somebody_looks(world: World) -> None:
    world.threshold(1.0)
    conversation = world.asked()
    world.work(conversation)
    world.work(world.wrote_on(conversation, "It is the small one."))
    assert world.said(conversation) == ["A colleague looks at it."]
    assert len(world.said(conversation, "note")) == 2
    first, second = ReviewItem.objects.order_by("pk")
    assert (first.status, second.status) == ("superseded", "waiting")
    assert "How do I return a blender?" in second.question
    assert "It is the small one." in second.question


def test_who_wants_a_person_gets_one_with_all_that_is_known(world: World) -> None:
    conversation = world.asked("I want to talk to a human")
    world.work(conversation)
    assert conversation.state == State.PERSON
    assert world.said(conversation) == ["A person comes."]
    assert len(world.said(conversation, "note")) == 1
    assert world.team_of(conversation) == world.workspace.handoff_team_id
    handoff = Handoff.objects.get()
    assert handoff.reason == "customer_asked"
    assert handoff.packet["wanted"] == "I want to talk to a human"
    world.work(world.wrote_on(conversation, "How do I return a blender?"))
    assert len(world.said(conversation)) == 1


@pytest.mark.parametrize(("text", "said", "outcome"), [("hello", ["Hello!"], "answered"), ("thanks!", [], "silent")])
def test_small_talk_needs_no_search(world: World, text: str, said: list[str], outcome: str) -> None:
    conversation = world.asked(text)
    world.work(conversation)
    assert world.said(conversation) == said
    assert outcomes(conversation) == [outcome]
    assert Turn.objects.get().trace["retrieval"] is None


@pytest.mark.parametrize(
    ("body", "outcome", "reason"), [("", "held", "only_attachment"), (QUESTION, "answered", "confident")]
)
def test_a_hundred_attachments_are_counted_and_only_the_words_beside_them_are_answered(
    world: World, body: str, outcome: str, reason: str
) -> None:
    external_id = world.sandbox.ask(QUESTION)
    item = client_of(world.workspace).conversation(external_id)
    item["source"]["body"] = body
    item["source"]["attachments"] = [
        {"type": "upload", "name": f"{number}.jpg", "url": f"https://files.example/{number}", "filesize": 10**9}
        for number in range(100)
    ]
    conversation = Conversation.objects.get(pk=record_conversation(world.workspace, item).conversation_id)
    world.work(conversation)
    turn = Turn.objects.get(conversation=conversation)
    assert (turn.outcome, turn.reasons) == (outcome, [reason])
    assert turn.trace["attachments"] == 100
    assert (turn.trace["retrieval"] is None) == (not body)
    assert ReviewItem.objects.filter(conversation=conversation).count() == (outcome == "held")
    world.work(conversation)
    assert outcomes(conversation) == [outcome]


def test_a_message_that_comes_while_the_model_thinks_is_answered_together_with_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = world.asked()
    model = Interrupted([lambda: world.wrote_on(conversation, "It is the blue one.")])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    world.work(conversation)
    assert len(world.said(conversation)) == 1
    assert sorted(outcomes(conversation)) == ["answered", "superseded"]
    assert "It is the blue one." in model.asked[-1][-1].content


def test_a_person_who_speaks_while_the_model_thinks_silences_the_bot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = world.asked()

    def speaks() -> None:  # no webhook has told us yet
        world.act("teammate", conversation, "replies", body="I look at it.")

    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: Interrupted([speaks]))
    world.work(conversation)
    assert world.said(conversation) == []
    assert (outcomes(conversation), outbox(conversation)) == (["silent"], [("reply", "withheld")])
    assert conversation.state == State.PERSON


def test_an_assignment_to_a_person_while_the_model_thinks_silences_the_bot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = world.asked()
    model = Interrupted([lambda: world.act("teammate", conversation, "assign", assignee_id="1003")])
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: model)
    world.work(conversation)
    assert world.said(conversation) == []
    assert world.posted(conversation) == 0


def test_an_answer_withheld_for_an_older_message_that_came_late_is_given_after_all(world: World) -> None:
    conversation = world.asked()
    world.sandbox.faults(rest={"path": "/reply", "status": 429, "reset_seconds": 1, "times": 1})
    world.work(conversation)
    assert outbox(conversation) == [("reply", "pending")]
    turn = Turn.objects.get()
    # The words that came late were sent before those that the turn is about: the same turn runs again.
    late = turn.last_message
    late.pk, late.external_id, late.handled_at = None, "late", None
    late.sent_at = late.sent_at.replace(year=late.sent_at.year - 1)
    late.save(force_insert=True)
    world.make_due(conversation)
    from chatbot.intercom.client import client_for

    client_for.cache_clear()
    world.work(conversation)
    assert outbox(conversation) == [("reply", "withheld"), ("reply", "sent")]
    assert len(world.said(conversation)) == 1


def test_a_switched_off_bot_answers_nothing_and_loses_nothing(world: World) -> None:
    from chatbot.models import Steering
    from chatbot.steering import forget_recent

    conversation = world.asked()
    Steering.objects.update(is_answering=False)
    forget_recent()
    world.work(conversation)
    assert world.said(conversation) == []
    assert conversation.reply_due_at is not None
    world.threshold(0.0)
    world.work(conversation)
    assert len(world.said(conversation)) == 1


def test_a_conversation_of_an_unknown_workspace_is_left_alone(world: World, settings: object) -> None:
    conversation = world.asked()
    settings.INTERCOM_TOKEN = ""  # type: ignore[attr-defined]
    Conversation.objects.update(workspace="elsewhere")
    assert world.work(conversation).again_in_seconds is None
    assert not Delivery.objects.exists()


def test_a_turn_that_crashes_three_times_goes_to_a_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = world.asked()

    def crashes() -> None:
        raise MemoryError

    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: Interrupted([crashes, crashes, crashes]))
    for _try in range(3):
        with pytest.raises(MemoryError):
            world.work(conversation)
    monkeypatch.setattr("chatbot.pipeline.thinking.configured_model", lambda: Interrupted([crashes]))
    world.work(conversation)
    assert (conversation.state, outcomes(conversation)) == (State.PERSON, ["handed_over"])
    assert Handoff.objects.get().reason == "bot_failed"
