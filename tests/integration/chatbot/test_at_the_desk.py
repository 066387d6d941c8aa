"""What people do at the desk: claims, undo, take-over, correction, teaching; and what each of them may do."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatbot import reviewing, taking_back, taking_over
from chatbot.models import (
    AnswerEdit,
    AnswerMark,
    BusinessHours,
    Delivery,
    Exemplar,
    IntentExample,
    StandardMessage,
    Steering,
)
from chatbot.steering import forget_recent
from knowledge.models import ApprovedAnswer, Article
from sessions_app import claims
from sessions_app.errors import AlreadyDecided, HeldByAnother, TooLate
from sessions_app.models import AuditEntry, Conversation, Handoff, Macro, Message, ReviewItem, ReviewQueue, WorkingText
from sessions_app.states import State
from tests.integration.chatbot.desk_world import client_of, person, posted, reviewer, waiting
from tests.integration.chatbot.world import World, outbox

pytestmark = pytest.mark.django_db
Codes = list[int]


@pytest.fixture
def mia(db: None) -> User:
    return reviewer("mia")


@pytest.fixture
def jun(db: None) -> User:
    return reviewer("jun")


@pytest.fixture
def held(world: World) -> Conversation:
    world.threshold(1.0)
    conversation = world.asked()
    world.work(conversation)
    return conversation


def newest() -> ReviewItem:
    return ReviewItem.objects.select_related("queue", "conversation").latest("pk")


# Claims ---------------------------------------------------------------------------------------------------------------


def test_while_one_is_at_it_another_can_neither_claim_nor_decide(mia: User, jun: User) -> None:
    item = waiting()
    claims.claim(item.pk, user=mia)
    for act in (
        lambda: claims.claim(item.pk, user=jun),
        lambda: reviewing.approve(item.pk, user=jun, answer="No."),
        lambda: reviewing.reject(item.pk, user=jun, note=""),
    ):
        with pytest.raises(HeldByAnother, match="mia"):
            act()
    claims.leave(item.pk, user_id=mia.pk)
    with pytest.raises(HeldByAnother):
        claims.claim(item.pk, user=jun)  # a lost connection may come back
    ReviewItem.objects.filter(pk=item.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    claims.claim(item.pk, user=jun)
    claims.release(item.pk, user=jun)
    claims.claim(item.pk, user=mia)


def test_a_newer_message_makes_a_new_draft_for_the_same_person_in_the_same_queue(
    world: World, held: Conversation, mia: User
) -> None:
    old = newest()
    claims.claim(old.pk, user=mia)
    queue = ReviewQueue.objects.create(name="Elsewhere", position=1, reason_classes=["low_confidence"])
    world.work(world.wrote_on(held, "And a toaster?"))
    item = newest()
    assert (item.replaces_id, item.claimed_by, item.queue) == (old.pk, mia, old.queue)
    assert item.queue != queue
    assert item.due_at == old.due_at, "writing on does not send a customer to the end of the line"
    assert "toaster" in item.question and "blender" in item.question


# Undo -----------------------------------------------------------------------------------------------------------------


def test_an_answer_leaves_after_five_seconds_and_until_then_it_can_be_taken_back(
    world: World, held: Conversation, mia: User
) -> None:
    item = newest()
    reviewing.approve(item.pk, user=mia, answer="Too fast.", undo_seconds=5)
    assert world.work(held).again_in_seconds is not None
    assert world.said(held) == ["A colleague looks at it."]
    assert taking_back.undo(item.pk, user=mia).status == "waiting"
    held.refresh_from_db()
    assert held.state == State.REVIEW
    world.make_due(held)
    world.work(held)
    assert world.said(held) == ["A colleague looks at it."]
    reviewing.approve(item.pk, user=mia, answer="Slowly.", undo_seconds=5)
    world.make_due(held)
    world.work(held)
    assert world.said(held)[-1] == "Slowly."
    with pytest.raises(TooLate):
        taking_back.undo(item.pk, user=mia)


def test_what_a_newer_message_has_overtaken_is_not_undone_into_a_second_draft(
    world: World, held: Conversation, mia: User, jun: User
) -> None:
    item = newest()
    reviewing.approve(item.pk, user=mia, answer="Hold on.", undo_seconds=60)
    with pytest.raises(TooLate):
        taking_back.undo(item.pk, user=jun)
    world.work(world.wrote_on(held, "And a toaster?"))
    assert newest().pk != item.pk
    assert taking_back.undo(item.pk, user=mia).status == "superseded"
    assert ReviewItem.objects.filter(status="waiting").count() == 1
    world.make_due(held)
    world.work(held)
    assert "Hold on." not in world.said(held)


# Taking over ----------------------------------------------------------------------------------------------------------


def test_whoever_takes_over_silences_the_bot_and_answers_in_its_place(
    world: World, held: Conversation, mia: User
) -> None:
    item = taking_over.take_over(held.pk, user=mia)
    held.refresh_from_db()
    assert (item.kind, item.claimed_by, held.state, held.held_by) == ("handover", mia, State.PERSON, mia)
    reviewing.approve(item.pk, user=mia, answer="I am a person.")
    world.work(held)
    assert world.said(held)[-1] == "I am a person."
    later = world.wrote_on(held, "Thanks. And a toaster?")
    world.work(later)
    again = newest()
    assert (again.status, again.assigned_to, again.question) == ("waiting", mia, "Thanks. And a toaster?")
    assert world.said(held)[-1] == "I am a person.", "the bot stays silent"


def test_a_take_over_while_the_bot_is_about_to_send_leaves_nothing_to_send(world: World, mia: User) -> None:
    conversation = world.asked()
    from chatbot.pipeline.turn import run_turn

    run_turn(Conversation.objects.select_related("customer").get(pk=conversation.pk))
    taking_over.take_over(conversation.pk, user=mia)
    world.work(conversation)
    assert world.said(conversation) == []
    assert ("reply", "withheld") in outbox(conversation)


def test_a_conversation_given_back_is_answered_by_the_bot_what_was_written_meanwhile_included(
    world: World, held: Conversation, mia: User
) -> None:
    item = taking_over.take_over(held.pk, user=mia)
    reviewing.approve(item.pk, user=mia, answer="One moment.")
    world.work(held)
    world.threshold(0.0)
    world.wrote_on(held, "How do I return a blender?")
    taking_over.give_back(held.pk, user=mia)
    world.work(held)
    assert held.state == State.BOT
    assert "30 days" in world.said(held)[-1]
    assert not ReviewItem.objects.filter(status="waiting").exists()


def test_giving_back_takes_the_conversation_from_the_teammate_in_intercom(world: World, mia: User) -> None:
    world.threshold(0.0)
    conversation = world.asked()
    world.act("teammate", conversation, "replies", body="I look at it.")
    conversation = world.look(conversation.external_id)
    assert conversation.state == State.PERSON
    world.wrote_on(conversation, "How do I return a blender?")
    taking_over.give_back(conversation.pk, user=mia)
    world.work(conversation)
    assert "30 days" in world.said(conversation)[-1]


def test_a_person_at_the_desk_does_not_talk_over_a_teammate_in_intercom(
    world: World, held: Conversation, mia: User
) -> None:
    item = taking_over.take_over(held.pk, user=mia)
    reviewing.approve(item.pk, user=mia, answer="Mine.", undo_seconds=60)
    world.act("teammate", held, "replies", body="I look at it.")
    world.make_due(held)
    world.work(held)
    assert "Mine." not in world.said(held)
    assert ("reply", "withheld") in outbox(held)


def test_after_a_closed_conversation_an_old_wish_for_a_person_hands_nothing_over_again(world: World) -> None:
    conversation = world.asked("I want to talk to a human")
    world.work(conversation)
    assert conversation.state == State.PERSON
    world.act("teammate", conversation, "close")
    conversation = world.look(conversation.external_id)
    assert (conversation.state, ReviewItem.objects.filter(status="waiting").count()) == (State.CLOSED, 0)
    conversation = world.wrote_on(conversation, "How do I return a blender?")
    world.work(conversation)
    assert conversation.state == State.BOT
    assert "30 days" in world.said(conversation)[-1]
    assert Handoff.objects.count() == 1


# Handing over ---------------------------------------------------------------------------------------------------------


def test_a_handover_keeps_the_packet_and_tells_the_team_and_the_customer(world: World) -> None:
    world.threshold(0.0)
    conversation = world.asked()
    world.work(conversation)
    conversation = world.wrote_on(conversation, "I want to talk to a human")
    world.work(conversation)
    packet = Handoff.objects.get().packet
    assert packet["wanted"] == "I want to talk to a human"
    assert "30 days" in packet["tried"][0]
    assert packet["open_questions"] == ["what_customer_needs"]
    note = world.said(conversation, "note")[-1]
    assert "The customer wants:" in note and "Answers the bot gave before: 1." in note
    assert world.said(conversation)[-1] == "A person comes."
    assert (newest().kind, newest().reason_class) == ("handover", "customer_asked")


def test_out_of_hours_the_customer_hears_when_people_are_back_in_their_language(world: World) -> None:
    hours = BusinessHours.objects.create(name="Never now", weekly="mon 00:00-00:01", time_zone="UTC")
    Steering.objects.update(people_hours=hours)
    StandardMessage.objects.update_or_create(
        kind="handoff", language="de", defaults={"text": "Ein Mensch kommt.", "is_on": True}
    )
    forget_recent()
    conversation = world.asked("Ich möchte bitte mit einem Menschen sprechen, das ist doch nicht so schwer")
    world.work(conversation)
    assert conversation.state in (State.PERSON, State.REVIEW)
    if conversation.state == State.PERSON:
        assert "Montag" in world.said(conversation)[-1]
    english = world.asked("I want to talk to a human")
    world.work(english)
    assert "A person comes." in world.said(english)[-1]
    assert "Monday at 00:00 (UTC)" in world.said(english)[-1]


# Wrong answers, and learning ------------------------------------------------------------------------------------------


def test_a_sent_answer_is_marked_as_wrong_and_corrected(world: World) -> None:
    lead = person("lead", role="lead")
    world.threshold(0.0)
    conversation = world.asked()
    world.work(conversation)
    sent = Delivery.objects.get(kind="reply", status="sent")
    desk = client_of(lead)
    address = f"/desk/deliveries/{sent.pk}/wrong/"
    assert desk.post(address, {"note": ""}).status_code == 422
    assert desk.post(address, {"note": "It is 14 days.", "answer": "Sorry: **14 days**."}).status_code == 200
    assert desk.post(address, {"note": "again"}).status_code == 409
    world.work(conversation)
    assert world.said(conversation)[-1] == "Sorry: 14 days."
    assert (conversation.state, conversation.held_by) == (State.PERSON, lead)
    assert AnswerMark.objects.get().correction is not None
    assert client_of(reviewer("nobody")).post(address, {"note": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("draft", "answer", "kind"),
    [
        ("Send it back within 30 days.", "Send it back within 14 days.", "fact"),
        ("Send it back within 30 days.", "Hello, please send it back within 30 days. Kind regards", "tone"),
        ("Send the blender back.", "Send the blender back to us.", "wording"),
        ("Send it back within 30 days.", "Send it back within 30 days. The label is in your account page.", "missing"),
        ("请在三十天内退回。", "您好，请在三十天内退回，谢谢。", "tone"),
    ],
)
def test_an_edit_is_kept_with_what_it_changed(mia: User, draft: str, answer: str, kind: str) -> None:
    item = waiting(draft=draft)
    item.conversation.refresh_from_db()
    reviewing.approve(item.pk, user=mia, answer=answer)
    assert AnswerEdit.objects.get().kind == kind
    desk = client_of(mia)
    assert posted(desk, item, "judge", kind="wording").status_code == 200
    assert (AnswerEdit.objects.get().kind, AnswerEdit.objects.get().judged_by) == ("wording", mia)
    page = desk.get(f"/desk/items/{item.pk}/").content.decode()
    assert "<ins>" in page or "<del>" in page


def test_one_click_teaches_an_approved_answer_an_article_and_an_example(world: World, held: Conversation) -> None:
    lead = person("lead", role="lead")
    item = newest()
    reviewing.approve(item.pk, user=lead, answer="Send it back.")
    desk = client_of(lead)
    assert posted(desk, item, "teach-answer").status_code == 200
    assert posted(desk, item, "teach-answer").status_code == 422
    taught = ApprovedAnswer.objects.get()
    assert (taught.question, taught.answer, taught.is_on) == ("How do I return a blender?", "Send it back.", True)
    assert posted(desk, item, "teach-article").status_code == 200
    assert Article.objects.get(external_id=f"desk-{item.pk}").status == "draft"
    assert posted(desk, item, "teach-exemplar").status_code == 200
    assert Exemplar.objects.get().answer == "Send it back."
    response = posted(desk, item, "teach-example", intent="no such intent")
    assert response.status_code == 422
    assert not IntentExample.objects.filter(text=item.question).exists()
    assert AuditEntry.objects.filter(action="taught").count() == 3


def test_what_may_hold_a_personal_detail_is_taught_switched_off(mia: User) -> None:
    lead = person("lead", role="lead")
    item = waiting("Where is my order 20553190?")
    reviewing.approve(item.pk, user=lead, answer="Order 20553190 comes tomorrow.")
    assert "personal" in posted(client_of(lead), item, "teach-answer").json()["label"]
    assert not ApprovedAnswer.objects.get().is_on


# Verbs, rights and the log --------------------------------------------------------------------------------------------


def test_what_is_typed_is_kept_for_its_writer_and_forgotten_when_it_is_just_the_draft(mia: User, jun: User) -> None:
    item = waiting(draft="So.")
    desk = client_of(mia)
    posted(desk, item, "type", answer="Half a thou\r\nght\x00")
    assert WorkingText.objects.get().text == "Half a thou\nght"
    assert "Half a thou" in desk.get(f"/desk/items/{item.pk}/").content.decode()
    assert "Half a thou" not in client_of(jun).get(f"/desk/items/{item.pk}/").content.decode()
    posted(desk, item, "type", answer="So.")
    assert not WorkingText.objects.exists()


def test_a_question_to_the_customer_belongs_to_their_answer_and_comes_back_to_who_asked(
    world: World, held: Conversation, mia: User
) -> None:
    reviewing.ask(newest().pk, user=mia, question="Which blender?")
    world.work(held)
    assert world.said(held)[-1] == "Which blender?"
    world.work(world.wrote_on(held, "The red one"))
    item = newest()
    assert item.assigned_to == mia
    assert "How do I return a blender?" in item.question and "The red one" in item.question


@pytest.mark.parametrize("verb", ["ask", "reject"])
def test_a_conversation_that_a_colleague_has_is_not_given_to_the_bot_by_a_verb_for_drafts(
    world: World, held: Conversation, mia: User, verb: str
) -> None:
    item = taking_over.take_over(held.pk, user=mia)
    told = posted(client_of(mia), item, verb, answer="Which blender?", note="no")
    assert (told.status_code, told.json()["code"]) == (422, "invalid")
    held.refresh_from_db()
    assert (held.state, newest().status) == (State.PERSON, "waiting")
    assert ("reply", "pending") not in outbox(held)


def test_rejecting_with_an_own_answer_sends_it_and_leaves_the_conversation_to_the_bot(
    world: World, held: Conversation, mia: User
) -> None:
    reviewing.reject(newest().pk, user=mia, note="wrong article", answer="Not at all.")
    world.work(held)
    assert (world.said(held)[-1], held.state, newest().status) == ("Not at all.", State.BOT, "rejected")


def test_every_look_claim_and_decision_stands_in_the_audit_log(mia: User) -> None:
    item = waiting()
    desk = client_of(mia)
    desk.get(f"/desk/items/{item.pk}/")
    posted(desk, item, "claim")
    posted(desk, item, "snooze", minutes="30")
    posted(desk, item, "approve", answer="So.")
    posted(desk, item, "undo")
    posted(desk, item, "reject", note="no", answer="Else.")
    actions = list(AuditEntry.objects.filter(item_id=item.pk).order_by("pk").values_list("action", flat=True))
    assert actions == ["viewed", "claimed", "snoozed", "approved", "undone", "rejected"]
    assert not any("Else" in str(row.details) for row in AuditEntry.objects.all())


@pytest.mark.parametrize(
    ("role", "codes"),
    [
        ("agent", [200, 200, 403, 403]),
        ("reviewer", [200, 403, 403, 403]),
        ("lead", [200, 200, 200, 200]),
        ("knowledge editor", [403, 403, 200, 403]),
        ("operator", [403, 403, 403, 403]),
        ("auditor", [403, 403, 403, 200]),
    ],
)
def test_what_each_role_may_do(role: str, codes: Codes) -> None:
    desk = client_of(person(role.replace(" ", "-"), role=role))
    decided = waiting()
    taken, taught = waiting(), waiting()
    reviewing.approve(taught.pk, user=reviewer("somebody"), answer="Because.")
    found: list[Any] = [
        posted(desk, decided, "claim").status_code,
        posted(desk, taken, "take-over").status_code,
        posted(desk, taught, "teach-answer").status_code,
        desk.get("/admin/sessions_app/auditentry/").status_code,
    ]
    assert found == codes


def test_only_safe_verbs_are_done_to_many_and_one_refusal_keeps_no_other(mia: User, jun: User) -> None:
    first, second, third = waiting(), waiting(), waiting()
    claims.claim(second.pk, user=jun)
    desk = client_of(mia)
    told = desk.post("/desk/items/many/snooze/", {"item": [first.pk, second.pk, third.pk], "minutes": "60"}).json()
    assert (told["done"], [pair[0] for pair in told["refused"]]) == ([first.pk, third.pk], [second.pk])
    assert desk.post("/desk/items/many/approve/", {"item": [first.pk], "answer": "x"}).status_code == 404


def test_the_page_runs_only_our_own_files_and_is_kept_by_no_cache(mia: User) -> None:
    response = client_of(mia).get("/desk/")
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "style=" not in page and " onclick" not in page and "<script>" not in page


def test_a_second_decision_by_the_page_says_who_was_faster(mia: User, jun: User) -> None:
    item = waiting()
    assert posted(client_of(mia), item, "approve", answer="So.").status_code == 200
    late = posted(client_of(jun), item, "reject", note="")
    assert (late.status_code, late.json()["code"]) == (409, "decided")
    with pytest.raises(AlreadyDecided):
        reviewing.approve(item.pk, user=jun, answer="No.")


def test_attachments_open_beside_the_desk_and_only_from_the_web(mia: User) -> None:
    item = waiting()
    files = [
        {"name": "bill.pdf", "content_type": "application/pdf", "url": "https://files.example.com/bill.pdf"},
        {"name": "trap.html", "content_type": "text/html", "url": "javascript:alert(1)"},
    ]
    Message.objects.create(
        conversation=item.conversation, external_id="1", author="customer", attachments=files, sent_at=timezone.now()
    )
    page = client_of(mia).get(f"/desk/items/{item.pk}/").content.decode()
    assert 'href="https://files.example.com/bill.pdf" target="_blank" rel="noopener' in page
    assert "trap.html" in page
    assert "javascript:" not in page


def test_what_happened_in_intercom_is_told_in_the_readers_language(mia: User) -> None:
    item, desk = waiting(), client_of(mia)
    for number, text in enumerate(("assigned to team 2001", "closed", "word for word 100%")):
        Message.objects.create(
            conversation=item.conversation, external_id=str(number), author="event", text=text, sent_at=timezone.now()
        )
    assert "assigned to team 2001" in desk.get(f"/desk/items/{item.pk}/").content.decode()
    desk.cookies["django_language"] = "zh-hans"
    page = desk.get(f"/desk/items/{item.pk}/").content.decode()
    assert "已分配给团队 2001" in page and "已关闭" in page and "word for word 100%" in page


def test_who_is_handed_over_hears_it_in_their_language(world: World) -> None:
    Steering.objects.update_or_create(pk=1, defaults={"live_share": 0})
    forget_recent()
    german = world.asked("Wo ist mein Paket? Ich warte seit drei Wochen auf meine Bestellung.")
    world.work(german)
    assert "aus dem Team" in world.said(german)[0]


def test_what_is_put_off_leaves_the_list_and_comes_back_when_the_customer_writes(
    world: World, held: Conversation, mia: User
) -> None:
    desk = client_of(mia)
    reviewing.reject(newest().pk, user=mia, note="I shall see.")
    handover = newest()
    assert posted(desk, handover, "snooze", minutes="120").status_code == 200
    assert f"/desk/drafts/{handover.pk}/" not in desk.get("/desk/items/").content.decode()
    assert f"/desk/drafts/{handover.pk}/" in desk.get("/desk/items/?who=asleep").content.decode()
    world.work(world.wrote_on(held, "Are you still there?"))
    assert f"/desk/drafts/{newest().pk}/" in desk.get("/desk/items/").content.decode()


def test_macros_of_the_customers_language_come_first_with_the_names_filled_in(mia: User) -> None:
    for name, language, text in (
        ("Any", "", "Hi {name}, {me} here. {other}"),
        ("German", "de", "Hallo {name}"),
        ("French", "fr", "Bonjour"),
        ("Off", "de", "Nein"),
    ):
        Macro.objects.create(name=name, language=language, text=text, is_on=name != "Off")
    item = waiting(language="de")
    page = client_of(mia).get(f"/desk/items/{item.pk}/").content.decode()
    listed = page[page.index('id="macro-list"') :]
    name = item.conversation.customer.name
    assert listed.index(f"Hallo {name}") < listed.index(f"Hi {name}, mia here. {{other}}")
    assert "Bonjour" not in listed and "Nein" not in listed
