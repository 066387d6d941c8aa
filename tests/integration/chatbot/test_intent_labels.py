"""Guessed intents before people: drawn by lot, shown without personal data, labelled once, learned from, forgotten."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatbot.intercom.payloads import RedactedPart
from chatbot.models import Intent, IntentCheck, IntentExample, LabelSuggestion, Steering, Turn
from chatbot.models.intent import example_key
from chatbot.redaction import forget
from chatbot.sampling.drawing import lot_of
from chatbot.sampling.intent_drawing import draw_intent
from chatbot.sampling.intent_labelling import Label, label_intent, waiting_checks
from chatbot.signals import turn_finished
from chatbot.steering import forget_recent
from sessions_app.errors import TooLate
from sessions_app.models import Conversation, Customer, Message
from tests.integration.chatbot.desk_world import client_of, person

pytestmark = pytest.mark.django_db

LABEL = "/admin/chatbot/intentcheck/label/"
WORDS = "Where is my parcel? Mail ada@example.com"


def drawing(percent: float) -> None:
    Steering.objects.update_or_create(pk=1, defaults={"intent_check_percent": percent})
    forget_recent()


@pytest.fixture(autouse=True)
def _all_are_drawn(db: None) -> Any:
    drawing(100.0)
    for name in ("refund", "parcel"):
        Intent.objects.get_or_create(name=name, defaults={"description": "About a delivery."})
    yield
    forget_recent()


@pytest.fixture
def lead() -> User:
    return person("lead", role="lead")


def turn(question: str = WORDS, *, intent: str = "refund", probability: float | None = 0.8, **fields: Any) -> Turn:
    number = Turn.objects.count()
    customer = Customer.objects.create(workspace="w", external_id=f"l{number}", name="Ada Lovelace")
    conversation = Conversation.objects.create(workspace="w", external_id=f"l{number}", customer=customer)
    message = Message.objects.create(
        conversation=conversation, external_id="p", author="customer", text=question, sent_at=timezone.now()
    )
    values = {"outcome": "answered", "due_at": timezone.now(), "started_at": timezone.now(), **fields}
    return Turn.objects.create(
        conversation=conversation,
        last_message=message,
        question=question,
        intent=intent,
        intent_probability=probability,
        **values,
    )


def drawn(question: str = WORDS, **fields: Any) -> IntentCheck:
    row = turn(question, **fields)
    turn_finished.send(sender=Turn, turn=row)
    return IntentCheck.objects.get(turn=row)


def address(check: IntentCheck) -> str:
    return f"/admin/chatbot/intentcheck/{check.pk}/change/"


def test_a_share_is_drawn_whatever_became_of_the_message(lead: User) -> None:
    rows = [turn("?", intent="", outcome=outcome) for outcome in ("answered", "held", "handed_over", "silent")]
    assert all(draw_intent(row) and draw_intent(row) for row in rows)
    assert IntentCheck.objects.count() == len(rows), "drawn twice is drawn once"
    left_out = (turn(outcome="superseded"), turn(""), turn(probability=None))
    assert not any(draw_intent(row) for row in left_out)
    drawing(30.0)
    others = [turn() for _ in range(12)]
    assert [bool(draw_intent(row)) for row in others] == [lot_of(row.pk, "intent") < 0.3 for row in others]
    drawing(0.0)
    assert not any(draw_intent(turn()) for _ in range(3))


def test_the_smallest_lots_come_first_so_that_the_labelled_ones_are_a_fair_sample(lead: User) -> None:
    made = [drawn() for _ in range(6)]
    assert [row.lot for row in waiting_checks(lead)] == sorted(row.lot for row in made)


def test_a_reviewer_confirms_the_guess_without_seeing_personal_data(lead: User) -> None:
    check = drawn()
    desk = client_of(lead)
    page = desk.get(LABEL).content.decode()
    assert "Where is my parcel?" in page
    assert "ada@example.com" not in page
    assert "refund" in page
    assert "too early to say: 0 labels" in page
    after = desk.post(address(check), {"label": "right"})
    assert after.url == f"{LABEL}?last={check.pk}"
    check.refresh_from_db()
    assert (check.verdict, check.intent, check.decided_by) == ("right", "refund", lead)
    assert check.decided_at is not None
    page = desk.get(after.url).content.decode()
    assert "Nothing waits for a label." in page
    assert "ada@example.com" not in page
    assert "too early to say: 1 label" in page


@pytest.mark.parametrize(
    ("fields", "verdict", "intent"),
    [
        ({"label": "other", "intent": " parcel "}, "wrong", "parcel"),
        ({"label": "other", "intent": "refund"}, "right", "refund"),
        ({"label": "none"}, "wrong", ""),
        ({"label": "unclear"}, "unclear", ""),
    ],
)
def test_what_a_reviewer_can_say(lead: User, fields: dict[str, str], verdict: str, intent: str) -> None:
    check = drawn()
    assert client_of(lead).post(address(check), fields).status_code == 302
    check.refresh_from_db()
    assert (check.verdict, check.intent) == (verdict, intent)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "choose what it should have been"),
        ({"label": "other"}, "choose what it should have been"),
        ({"label": "other", "intent": "par\x00cels"}, "There is no intent “parcels”"),
    ],
)
def test_what_says_nothing_is_refused_in_words(lead: User, fields: dict[str, str], words: str) -> None:
    check = drawn()
    page = client_of(lead).post(address(check), fields)
    assert page.status_code == 422
    assert words in page.content.decode()
    check.refresh_from_db()
    assert check.verdict == ""


def test_a_message_has_one_label_which_only_its_giver_changes(lead: User) -> None:
    check = drawn()
    label_intent(check.pk, Label(intent="refund"), user=lead)
    label_intent(check.pk, Label(intent="parcel"), user=lead)
    with pytest.raises(TooLate, match="lead has labelled it already"):
        label_intent(check.pk, Label(), user=person("other", role="reviewer"))
    check.refresh_from_db()
    assert (check.verdict, check.intent) == ("wrong", "parcel")


def test_one_click_makes_the_masked_words_an_example_of_the_label(lead: User) -> None:
    check = drawn()
    desk = client_of(lead)
    desk.post(address(check), {"label": "other", "intent": "parcel"})
    assert "Make it an example" in desk.get(f"{LABEL}?last={check.pk}").content.decode()
    desk.post(address(check), {"do": "example"})
    example = IntentExample.objects.get(intent__name="parcel")
    assert example.text.startswith("Where is my parcel? Mail [")
    assert "Make it an example" not in desk.get(f"{LABEL}?last={check.pk}").content.decode()
    check.refresh_from_db()
    assert check.example == example
    desk.post(address(check), {"label": "right"})
    assert not IntentExample.objects.filter(text=example.text).exists(), "another label withdraws it"


def test_whoever_may_only_look_labels_nothing_and_learns_nothing(lead: User) -> None:
    check = drawn()
    label_intent(check.pk, Label(intent="refund"), user=lead)
    auditor = client_of(person("auditor", role="auditor"))
    assert auditor.get(address(check)).status_code == 200
    assert auditor.post(address(check), {"label": "none"}).status_code == 403
    reviewer = client_of(person("reviewer", role="reviewer"))
    assert reviewer.post(address(check), {"do": "example"}).status_code == 403
    assert client_of(person("agent", role="agent")).get(LABEL).status_code == 403
    assert not IntentExample.objects.filter(source="labelled").exists()


def test_the_page_shows_no_bare_percentage_of_a_few_labels(lead: User) -> None:
    for _ in range(19):
        label_intent(drawn(intent="parcel").pk, Label(intent="parcel"), user=lead)
    label_intent(drawn(intent="").pk, Label(is_unclear=True), user=lead)
    desk = client_of(lead)
    page = desk.get("/admin/chatbot/intentcheck/accuracy/?days=7").content.decode()
    assert "100 %" not in page.replace("and 100 %", "")
    assert "too early to say: 19 labels" in page
    assert "parcel (19/19)" in page
    label_intent(drawn(intent="parcel").pk, Label(intent="refund"), user=lead)
    page = desk.get("/admin/chatbot/intentcheck/accuracy/").content.decode()
    assert "<strong>95 %</strong>" in page
    assert "with 95 % certainty between 76 and 99 %, by 20 labels" in page
    assert "refund (1)" in page
    assert "Of 1 more nobody could tell" in page
    assert desk.get("/admin/chatbot/intentcheck/").status_code == 200


def test_redacted_words_are_gone_from_what_was_learned_of_them(lead: User) -> None:
    check = drawn()
    label_intent(check.pk, Label(intent="parcel"), user=lead)
    client_of(lead).post(address(check), {"do": "example"})
    LabelSuggestion.objects.create(text=WORDS, key=example_key(WORDS))
    waiting = drawn()
    for row in (check, waiting):
        message = row.turn.last_message
        part = RedactedPart(conversation_id=row.turn.conversation.external_id, part_id="p", sent_at=message.sent_at)
        forget("w", part)
    check.refresh_from_db()
    assert (check.verdict, check.intent, check.example) == ("wrong", "parcel", None)
    assert not IntentExample.objects.filter(text__contains="Where is my parcel? Mail").exists()
    assert not LabelSuggestion.objects.exists()
    assert not waiting_checks(lead).exists()
    assert client_of(lead).post(address(waiting), {"label": "right"}).status_code == 422
