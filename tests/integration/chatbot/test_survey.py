"""The survey: asked once a conversation is over, never over a person; a score is kept, thanked for, moves nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from analytics.business.filling import fill
from analytics.exports.columns import rows
from analytics.models import ConversationOutcome
from chatbot.experiments.acting import start, stop
from chatbot.experiments.hashing import point
from chatbot.experiments.running import forget_recent_experiments
from chatbot.intake import process_events
from chatbot.intercom.client import IntercomClient
from chatbot.models import Delivery, Experiment, StandardMessage, Survey, SurveyInvitation, Turn, Workspace
from chatbot.steering import forget_recent
from chatbot.survey.answers import take_left_behind
from chatbot.survey.asking import ask_due
from sessions_app.context import window
from sessions_app.conversations import ConversationKey, CustomerFacts, Holder, HolderChange
from sessions_app.models import Conversation, Customer, Message
from sessions_app.recording import record_events
from sessions_app.states import State
from tests.integration.chatbot.test_intake import everything_stored, notification, stored
from tests.integration.chatbot.world import World, outbox

ASKED = "How likely?"
LATER = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _words(db: None) -> None:
    for kind, text in ((StandardMessage.Kind.SURVEY, ASKED), (StandardMessage.Kind.SURVEY_THANKS, "Thanks!")):
        StandardMessage.objects.update_or_create(kind=kind, language="en", defaults={"text": text, "is_on": True})


def switched_on(world: World, **other: Any) -> Survey:
    return Survey.objects.create(workspace=world.workspace, is_on=True, **other)


def over(world: World) -> Conversation:
    """Answered by the bot, and closed in Intercom."""
    conversation = world.asked()
    world.work(conversation)
    return closed(world, conversation)


def closed(world: World, conversation: Conversation) -> Conversation:
    assert world.sandbox.http.post(f"/teammate/conversations/{conversation.external_id}/close").status_code < 300
    return world.look(conversation.external_id)


def asked_about(world: World) -> Conversation:
    conversation = over(world)
    assert ask_due(now=timezone.now() + LATER) == [conversation.pk]
    world.work(conversation)
    assert world.said(conversation)[-1] == ASKED
    return conversation


def wrote(world: World, conversation: Conversation, text: str) -> Conversation:
    world.wrote_on(conversation, text)
    world.work(conversation)
    return conversation


def in_intercom(world: World, conversation: Conversation) -> str:
    return str(world.sandbox.view(conversation.external_id)["state"])


def test_a_score_is_kept_and_thanked_for_and_the_conversation_stays_over(world: World) -> None:
    switched_on(world)
    conversation = asked_about(world)
    wrote(world, conversation, "9 - great help, my mail is mia@example.com")
    found = SurveyInvitation.objects.get()
    assert (found.score, found.comment) == (9, "great help, my mail is [EMAIL_1]")
    assert world.said(conversation)[-1] == "Thanks!"
    assert conversation.state == State.CLOSED
    assert in_intercom(world, conversation) == "closed"
    assert [said.text for said in window(conversation.pk)][1:] == world.said(conversation)[:1], "no part of the talk"
    assert Turn.objects.filter(conversation=conversation).count() == 1, "the bot did not think about it"
    fill(now=timezone.now() + timedelta(days=8))
    result = ConversationOutcome.objects.get(pk=conversation.pk)
    assert (result.is_surveyed, result.nps, result.reopenings, result.customer_messages) == (True, 9, 0, 1)
    assert result.is_durable
    [exported] = rows(ConversationOutcome.objects.all())
    assert exported["nps"] == 9
    assert result.is_first_contact


def test_anything_else_is_answered_and_a_score_with_a_question_is_both(world: World) -> None:
    switched_on(world)
    conversation = wrote(world, asked_about(world), "9 blenders arrived instead of one, how do I return them?")
    assert SurveyInvitation.objects.get().score is None
    assert Turn.objects.filter(conversation=conversation).count() == 2
    wrote(world, conversation, "9")
    assert SurveyInvitation.objects.get().score is None, "the bot has spoken since: the number answers that"

    other = wrote(world, asked_about(world), "2, how do I return a blender?")
    assert SurveyInvitation.objects.get(conversation=other).score == 2
    assert Turn.objects.filter(conversation=other).count() == 2
    assert other.state == State.BOT


def test_nobody_is_asked_unless_it_is_switched_on_and_the_time_is_over(world: World) -> None:
    over(world)
    assert ask_due(now=timezone.now() + LATER) == []
    survey = switched_on(world)
    assert ask_due(now=timezone.now() + timedelta(minutes=10)) == []
    StandardMessage.objects.filter(kind="survey").update(is_on=False)
    world.threshold(0.0)  # forgets the words
    assert ask_due(now=timezone.now() + LATER) == []
    Survey.objects.filter(pk=survey.pk).update(is_on=False)
    assert not SurveyInvitation.objects.exists()


def test_a_customer_is_asked_once_in_so_many_days_whatever_they_write(world: World) -> None:
    switched_on(world, again_after_days=30)
    first = asked_about(world)
    second = over(world)
    Conversation.objects.filter(pk=second.pk).update(customer=first.customer)
    assert ask_due(now=timezone.now() + LATER) == []
    SurveyInvitation.objects.update(asked_at=timezone.now() - timedelta(days=31))
    assert len(ask_due(now=timezone.now() + LATER)) == 1, "of two conversations that are over, one"


def test_nobody_is_asked_while_a_person_has_a_conversation_of_theirs_or_an_experiment_keeps_the_bot_away(
    world: World,
) -> None:
    switched_on(world)
    conversation = over(world)
    busy = world.asked()
    Conversation.objects.filter(pk=busy.pk).update(customer=conversation.customer, state=State.PERSON)
    assert ask_due(now=timezone.now() + LATER) == []
    Conversation.objects.filter(pk=busy.pk).update(state=State.CLOSED, reply_due_at=timezone.now())
    assert ask_due(now=timezone.now() + LATER) == []
    Conversation.objects.filter(pk=busy.pk).update(reply_due_at=None)
    who = f"{conversation.workspace}:{conversation.customer.external_id}"
    salt = next(one for one in map(str, range(99)) if point(one, who) < 0.5)
    holdout = Experiment.objects.create(lever="holdout", name="Without", share=50, goal="csat", salt=salt)
    start(holdout, by=None)
    Experiment.objects.update(started_at=timezone.now() - timedelta(days=1))
    forget_recent_experiments()
    try:
        assert ask_due(now=timezone.now() + LATER) == []
    finally:
        stop(holdout, by=None)
        forget_recent_experiments()
    assert ask_due(now=timezone.now() + LATER) == [conversation.pk]


def test_who_writes_on_before_the_question_leaves_is_not_asked(world: World) -> None:
    switched_on(world)
    conversation = over(world)
    ask_due(now=timezone.now() + LATER)
    world.act("messenger", conversation, "replies", body="One more thing: how do I return a blender?")
    world.work(conversation)
    assert ("survey", "withheld") in outbox(conversation)
    assert ASKED not in world.said(conversation)


def test_a_question_whose_worker_died_is_not_asked_twice(world: World) -> None:
    switched_on(world)
    conversation = over(world)
    ask_due(now=timezone.now() + LATER)
    world.sandbox.faults(rest={"path": "/reply", "mode": "accept_then_close", "times": 1})
    world.work(conversation)
    world.make_due(conversation)
    world.work(conversation)
    assert world.said(conversation).count(ASKED) == 1
    assert ("survey", "sent") in outbox(conversation)
    assert ask_due(now=timezone.now() + LATER) == []
    # A worker that died before it could note that the question had left:
    Delivery.objects.filter(kind="survey").update(status="sending", external_id="", sent_at=None)
    world.make_due(conversation)
    world.work(conversation)
    assert world.said(conversation).count(ASKED) == 1
    wrote(world, conversation, "10/10")
    assert SurveyInvitation.objects.get().score == 10


def test_a_conversation_that_nobody_closes_is_over_when_it_is_quiet(world: World) -> None:
    survey = switched_on(world, quiet_hours=24)
    conversation = world.asked()
    world.work(conversation)
    assert ask_due(now=timezone.now() + timedelta(hours=23)) == []
    assert ask_due(now=timezone.now() + timedelta(hours=25)) == [conversation.pk]
    world.work(conversation)
    wrote(world, conversation, "十分")
    assert SurveyInvitation.objects.get().score == 10
    assert conversation.state == State.BOT, "it was not closed, so we close nothing"
    assert ("close", "sent") not in outbox(conversation)
    Survey.objects.filter(pk=survey.pk).update(quiet_hours=0)
    other = world.asked()
    world.work(other)
    assert ask_due(now=timezone.now() + timedelta(hours=25)) == []


def test_a_score_in_a_conversation_that_is_still_assigned_to_a_teammate_is_kept(world: World) -> None:
    switched_on(world)
    conversation = asked_about(world)
    world.wrote_on(conversation, "8")
    Conversation.objects.filter(pk=conversation.pk).update(state=State.PERSON, reply_due_at=None)
    Message.objects.filter(conversation=conversation).update(handled_at=timezone.now())
    assert take_left_behind() == [conversation.pk]
    world.work(conversation)
    assert SurveyInvitation.objects.get().score == 8
    assert (conversation.state, in_intercom(world, conversation)) == (State.CLOSED, "closed")


def test_a_part_that_comes_late_does_not_make_a_question_of_a_score(world: World) -> None:
    switched_on(world)
    conversation = wrote(world, asked_about(world), "9")
    customer = CustomerFacts(external_id=conversation.customer.external_id)
    key = ConversationKey(workspace=conversation.workspace, external_id=conversation.external_id, customer=customer)
    first = Message.objects.filter(conversation=conversation).earliest("sent_at")
    late = HolderChange(external_id="late", holder=Holder.NOBODY, sent_at=first.sent_at, text="closed")
    recorded = record_events(key, [late], pause_seconds=0)
    conversation.refresh_from_db()
    assert (conversation.state, recorded.reply_due_at) == (State.CLOSED, None)
    world.work(conversation)
    assert Turn.objects.filter(conversation=conversation).count() == 1


def test_a_question_that_reopens_the_conversation_in_intercom_closes_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched_on(world)
    reply = IntercomClient.reply
    monkeypatch.setattr(IntercomClient, "reply", lambda *args, **names: {**reply(*args, **names), "state": "open"})
    conversation = asked_about(world)
    world.work(conversation)
    assert outbox(conversation)[-1] == ("close", "sent")
    assert conversation.state == State.CLOSED


def test_chinese_customers_are_asked_in_chinese_with_the_words_that_come_with_handrail(world: World) -> None:
    switched_on(world)
    conversation = over(world)
    Conversation.objects.filter(pk=conversation.pk).update(language="zh-hans")
    ask_due(now=timezone.now() + LATER)
    world.work(conversation)
    assert "推荐我们" in world.said(conversation)[-1]
    wrote(world, conversation, "九分，客服很耐心")
    assert world.said(conversation)[-1].startswith("谢谢您的反馈")
    assert SurveyInvitation.objects.get().comment == "客服很耐心"


def test_the_words_of_a_redacted_answer_are_forgotten(world: World) -> None:
    switched_on(world)
    conversation = wrote(world, asked_about(world), "3 - because of the purple walrus")
    part = Message.objects.get(conversation=conversation, text__contains="walrus")
    assert "walrus" in SurveyInvitation.objects.get().comment
    told = notification("conversation_part.redacted")
    told["data"]["item"] |= {
        "id": part.external_id,
        "conversation_id": conversation.external_id,
        "created_at": int(part.sent_at.timestamp()),
    }
    process_events([stored(app_id=world.workspace.app_id, topic=told["topic"], data=told["data"]).pk])
    assert not [text for text in everything_stored() if "walrus" in text]
    assert SurveyInvitation.objects.get().score == 3


def test_the_page_shows_the_switch_the_words_and_what_came(world: World, admin_client: Any) -> None:
    assert "/survey/" in admin_client.get("/admin/chatbot/survey/").headers["Location"]
    survey = Survey.objects.get()
    assert not survey.is_on
    address = f"/admin/chatbot/survey/{survey.pk}/change/"
    page = admin_client.get(address).content.decode()
    assert ASKED in page
    assert "Nobody was asked" in page
    sent = {"is_on": "on", "ask_after_minutes": 5, "quiet_hours": 24, "again_after_days": 90, "open_days": 7}
    assert admin_client.post(address, sent).status_code == 302
    conversation = wrote(world, asked_about(world), "9 - quick")
    page = admin_client.get("/admin/chatbot/surveyinvitation/?answer=promoters").content.decode()
    assert "quick" in page
    assert conversation.external_id in page
    page = admin_client.get(f"/admin/chatbot/surveyinvitation/{SurveyInvitation.objects.get().pk}/change/")
    assert "quick" in page.content.decode()
    bad = admin_client.post(address, {**sent, "again_after_days": 0}).content.decode()
    assert "greater than or equal to 1" in bad


@pytest.mark.django_db(transaction=True)
def test_two_workers_ask_one_customer_once() -> None:
    StandardMessage.objects.update_or_create(kind="survey", language="en", defaults={"text": ASKED})
    forget_recent()
    Survey.objects.create(workspace=Workspace.objects.create(app_id="app", bot_admin_id="1"), is_on=True)
    now = timezone.now()
    customer = Customer.objects.create(workspace="app", external_id="mia")
    for number in range(2):
        conversation = Conversation.objects.create(
            workspace="app", external_id=f"v{number}", customer=customer, state=State.CLOSED, holder_event_at=now
        )
        for author in ("customer", "bot"):
            Message.objects.create(
                conversation=conversation, external_id=author, author=author, sent_at=now, handled_at=now
            )
    ready = Barrier(2)

    def asked() -> int:
        ready.wait(10)
        try:
            return len(ask_due(now=now + LATER))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counts = [one.result(30) for one in [pool.submit(asked) for _ in range(2)]]
    assert sorted(counts) == [0, 1]
    assert Delivery.objects.filter(kind=Delivery.Kind.SURVEY).count() == 1
