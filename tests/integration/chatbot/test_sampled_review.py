"""Answers sent without a person: a share is drawn, checked afterwards, counted with its doubt, and learned from."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from analytics.decisions import checked_answers
from chatbot.intercom.payloads import RedactedPart
from chatbot.models import AnswerCheck, AnswerMark, Delivery, Exemplar, SamplingRule, Turn
from chatbot.redaction import forget
from chatbot.sampling.drawing import draw, forget_rules, lot_of
from chatbot.sampling.judging import judge
from knowledge.models import ApprovedAnswer
from sessions_app.models import AuditEntry, Message, ReviewQueue
from tests.integration.chatbot.desk_world import client_of, person
from tests.integration.chatbot.world import World

pytestmark = pytest.mark.django_db


def sampling(percent: float = 100.0, **fields: Any) -> SamplingRule:
    rule = SamplingRule.objects.create(name=f"rule {SamplingRule.objects.count()}", percent=percent, **fields)
    forget_rules()
    return rule


@pytest.fixture
def lead(db: None) -> User:
    return person("lead", role="lead")


def drawn(world: World, **fields: Any) -> AnswerCheck:
    sampling(**fields)
    world.work(world.asked())
    return AnswerCheck.objects.get()


def address(check: AnswerCheck) -> str:
    return f"/admin/chatbot/answercheck/{check.pk}/change/"


def test_a_sent_answer_is_drawn_once_and_only_where_nobody_saw_it_before(world: World) -> None:
    check = drawn(world)
    assert (check.verdict, check.chance) == ("", 1.0)
    sent = Delivery.objects.select_related("turn").get(kind="reply")
    assert draw(sent) == check
    world.threshold(1.0)
    world.work(world.asked())  # held: a person sees it
    world.work(world.asked("hello"))
    assert AnswerCheck.objects.count() == 1


def test_the_first_rule_that_fits_says_how_many_and_whose_they_are(world: World) -> None:
    queue = ReviewQueue.objects.create(name="Chinese", position=1)
    sampling(0.0, languages="zh", position=0)
    sampling(100.0, languages="en", position=1, queue=queue)
    sampling(100.0, position=2)
    world.work(world.asked())
    assert AnswerCheck.objects.get().queue == queue
    sampling(0.0, languages="en", position=0)
    world.work(world.asked("How do I return a blender, please?"))
    assert AnswerCheck.objects.count() == 1


def test_lots_are_spread_evenly_and_stay_the_same() -> None:
    lots = [lot_of(number) for number in range(2_000)]
    assert lots == [lot_of(number) for number in range(2_000)]
    assert 150 <= sum(lot < 0.1 for lot in lots) <= 250


def test_a_right_answer_is_kept_and_the_next_one_opens(world: World, lead: User) -> None:
    check = drawn(world)
    world.work(world.asked("How can I return the blender?"))
    page = client_of(lead).post(address(check), {"verdict": "right"})
    other = AnswerCheck.objects.exclude(pk=check.pk).get()
    assert (page.status_code, page.url) == (302, address(other))
    check.refresh_from_db()
    assert (check.verdict, check.decided_by) == ("right", lead)
    assert AuditEntry.objects.filter(action="checked", user_id=lead.pk).count() == 1
    assert not AnswerMark.objects.exists()


def test_a_wrong_answer_is_marked_corrected_and_learned_from(world: World, lead: User) -> None:
    check = drawn(world)
    fields = {
        "verdict": "wrong",
        "faults": ["fact", "outdated"],
        "note": "It is 14 days now.",
        "better": "Send it back within **14 days**.",
        "lessons": ["approved", "exemplar", "article"],
        "sends_correction": "on",
    }
    assert client_of(lead).post(address(check), fields).status_code == 302
    mark = AnswerMark.objects.get()
    assert "It is 14 days now." in mark.reason
    assert mark.correction is not None
    conversation = check.turn.conversation
    world.work(conversation)
    assert world.said(conversation)[-1] == "Send it back within 14 days."
    assert ApprovedAnswer.objects.get().answer == Exemplar.objects.get().answer == fields["better"]
    # The same answer is not given again from memory.
    world.work(world.asked())
    assert "answered_before" not in Turn.objects.order_by("-pk")[0].reasons


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "required"),
        ({"verdict": "wrong"}, "Say what is wrong"),
        ({"verdict": "wrong", "faults": ["tone"], "sends_correction": "on"}, "Write the better answer"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_kept(world: World, lead: User, fields: Any, words: str) -> None:
    check = drawn(world)
    page = client_of(lead).post(address(check), fields)
    assert page.status_code == 422
    assert words in page.content.decode()
    check.refresh_from_db()
    assert check.verdict == ""


def test_an_answer_is_checked_once(world: World, lead: User) -> None:
    check = drawn(world)
    desk = client_of(lead)
    desk.post(address(check), {"verdict": "right"})
    desk.post(address(check), {"verdict": "wrong", "faults": ["fact"]})
    check.refresh_from_db()
    assert check.verdict == "right"
    assert "What was found" in desk.get(address(check)).content.decode()


def test_whoever_may_only_look_judges_nothing_and_other_queues_stay_hidden(world: World, lead: User) -> None:
    queue = ReviewQueue.objects.create(name="Closed")
    queue.members.add(lead)
    check = drawn(world, queue=queue)
    assert client_of(person("auditor", role="auditor")).post(address(check), {"verdict": "right"}).status_code == 403
    assert client_of(person("stranger", role="reviewer")).get(address(check)).status_code == 404
    assert client_of(person("agent", role="agent")).get(address(check)).status_code == 403


def test_the_confidence_learns_from_what_was_found(world: World, lead: User) -> None:
    check = drawn(world)
    client_of(lead).post(address(check), {"verdict": "wrong", "faults": ["fact"]})
    [label] = checked_answers()
    assert not label.is_right
    assert label.stated == check.turn.confidence


def test_the_scorecard_shows_the_share_with_its_interval(world: World, lead: User) -> None:
    check = drawn(world)
    desk = client_of(lead)
    assert "–" in desk.get("/admin/chatbot/answercheck/scorecard/").content.decode()
    desk.post(address(check), {"verdict": "right"})
    page = desk.get("/admin/chatbot/answercheck/scorecard/?days=7").content.decode()
    assert "with 95 % certainty between 21 and 100 %" in page
    assert desk.get("/admin/chatbot/answercheck/").status_code == 200
    assert desk.get("/admin/chatbot/samplingrule/").status_code == 200


def test_words_that_were_redacted_are_forgotten_in_what_was_written_about_the_answer(world: World, lead: User) -> None:
    check = drawn(world)
    judge(check.pk, user=lead, verdict="wrong", note="They wrote 4111 1111.", better="Never send 4111 1111 by chat.")
    message = Message.objects.filter(author="customer").get()
    part = RedactedPart(
        conversation_id=message.conversation.external_id, part_id=message.external_id, sent_at=message.sent_at
    )
    forget(world.workspace.app_id, part)
    check.refresh_from_db()
    assert (check.note, check.better, check.verdict) == ("", "", "wrong")
