"""The configured model reads how satisfied customers are: over real HTTP, masked, bounded, and never in the way."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from analytics.business.filling import fill
from analytics.models import ConversationOutcome, ModelReading
from analytics.scoring import model_readings
from analytics.scoring.learning import weights_in_use
from analytics.scoring.model_readings import MOST_ATTEMPTS, calls_today, read_waiting
from analytics.scoring.score import score
from analytics.scoring.signals import strengths
from analytics.tasks import read_conversations
from chatbot import model_pools, reading
from chatbot.admin import prompt_pages
from chatbot.intercom.payloads import RedactedPart
from chatbot.llm.errors import ModelError, ModelUnavailable
from chatbot.llm.scripted import ScriptedModel
from chatbot.models import PromptVersion, Turn
from chatbot.prompts.templates import PromptName
from chatbot.prompts.versions import activate, add_version
from chatbot.redaction import forget
from sessions_app.models import Conversation, Customer, Message
from tests.integration.sandbox.running import Running, running_sandbox

pytestmark = pytest.mark.django_db

GLAD = '{"rating": 5, "reason": "Says thanks."}'


@pytest.fixture(scope="module")
def model_server() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def _every_conversation(settings: Any) -> Iterator[None]:
    settings.SCORE_READ_PERCENT, settings.SCORE_READS_A_DAY = 100.0, 200
    model_pools.forget_recent()
    yield
    model_pools.forget_recent()


def over(*lines: tuple[str, str], rating: int | None = None, name: str = "Ada Lovelace") -> Conversation:
    """A conversation that was closed two hours ago, counted."""
    number = Conversation.objects.count()
    customer = Customer.objects.create(workspace="w", external_id=f"r{number}", name=name)
    conversation = Conversation.objects.create(
        workspace="w", external_id=f"r{number}", customer=customer, state="closed", rating=rating
    )
    begun = timezone.now() - timedelta(hours=3) + timedelta(seconds=number)
    for place, (author, text) in enumerate(lines or (("customer", "Where is it?"), ("bot", "Here."))):
        row = Message.objects.create(
            conversation=conversation,
            external_id=f"p{place}",
            author=author,
            text=text,
            sent_at=begun + timedelta(minutes=place),
            received_at=begun + timedelta(minutes=place),
        )
        if author == "customer":
            Turn.objects.create(
                conversation=conversation, last_message=row, question=text, outcome="answered", due_at=begun,
                started_at=row.sent_at, finished_at=row.sent_at,
            )  # fmt: skip
    fill()
    return conversation


def says(monkeypatch: pytest.MonkeyPatch, *replies: str | ModelError) -> ScriptedModel:
    model = ScriptedModel(replies)
    for module in (model_readings, reading):
        monkeypatch.setattr(module, "configured_model", lambda: model)
    return model


def test_the_stand_in_reads_over_http_and_the_score_follows_with_its_reason(
    model_server: Running, settings: Any, client: Client
) -> None:
    settings.MODEL_URL, settings.MODEL_NAME = f"{model_server.url}/v1", "openai/gpt-oss-20b"
    glad = over(("customer", "How do I return a kettle?"), ("bot", "In 30 days."), ("customer", "Thank you, perfect!"))
    cross = over(("customer", "Where is it? I am Ada Lovelace"), ("bot", "?"), ("customer", "你们太差了!!!"))
    before = dict(ConversationOutcome.objects.values_list("pk", "score"))
    read_conversations()
    assert dict(ModelReading.objects.values_list("pk", "rating")) == {glad.pk: 5, cross.pk: 1}
    fill()
    after = dict(ConversationOutcome.objects.values_list("pk", "score"))
    assert after[glad.pk] > before[glad.pk]
    assert after[cross.pk] < before[cross.pk]
    for row in ConversationOutcome.objects.all():
        assert row.score == pytest.approx(score(strengths(row), weights_in_use()))
    client.force_login(User.objects.create_superuser("lead"))
    page = client.get(f"/admin/analytics/conversationoutcome/{cross.pk}/change/").content.decode()
    assert "Shows anger and no thanks. (openai/gpt-oss-20b, prompt v1)" in page
    assert "The model&#x27;s reading -" in page
    assert "2 of at most 200 calls today" in client.get("/analytics/score/").content.decode()


def test_no_model_is_told_personal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    model = says(monkeypatch, GLAD)
    over(("customer", "I am Ada Lovelace, ada@example.com"), ("teammate", "Hello Ada Lovelace"))
    assert read_waiting().understood == 1
    told = str(model.asked)
    assert "Lovelace" not in told
    assert "ada@" not in told
    assert "<conversation>" in told


@pytest.mark.parametrize(
    ("said", "status"),
    [("Very happy!", "unreadable"), ('{"rating": 9, "reason": "x"}', "unreadable"), (ModelUnavailable(""), "failed")],
)
def test_without_a_reading_the_score_is_made_of_the_other_signals(
    monkeypatch: pytest.MonkeyPatch, said: str | ModelError, status: str
) -> None:
    conversation = over()
    before = ConversationOutcome.objects.get().score
    says(monkeypatch, said)
    read_waiting()
    fill()
    assert ModelReading.objects.get(pk=conversation.pk).status == status
    row = ConversationOutcome.objects.get()
    assert (row.score, row.model_rating) == (before, None)


def test_a_conversation_is_asked_about_a_few_times_and_not_at_once_again(monkeypatch: pytest.MonkeyPatch) -> None:
    over()
    for number in range(MOST_ATTEMPTS + 2):
        says(monkeypatch, "no", "no")
        later = timezone.now() + timedelta(minutes=11 * number)
        assert read_waiting(now=later).asked == (number < MOST_ATTEMPTS)
        assert read_waiting(now=later).asked == 0


def test_a_model_that_is_away_is_left_alone_until_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        over()
    says(monkeypatch, *[ModelUnavailable("away")] * 4)
    assert read_waiting().asked == 2


def test_a_day_costs_no_more_calls_than_are_set_and_those_that_were_rated_come_first(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    rated = over(rating=2)
    for _ in range(3):
        over()
    settings.SCORE_READS_A_DAY = 2
    says(monkeypatch, *[GLAD] * 4)
    assert read_waiting().asked == 2
    assert calls_today(timezone.now()) == 2
    assert ModelReading.objects.filter(pk=rated.pk).exists()
    settings.SCORE_READS_A_DAY = 0
    assert read_waiting(now=timezone.now() + timedelta(days=2)).asked == 0


def test_a_share_of_none_reads_those_that_were_rated_alone(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SCORE_READ_PERCENT = 0.0
    rated = over(rating=5)
    over()
    says(monkeypatch, GLAD, GLAD)
    read_waiting()
    assert [row.pk for row in ModelReading.objects.all()] == [rated.pk]


def test_without_a_model_nothing_is_asked_or_noted(settings: Any) -> None:
    settings.MODEL_URL = ""
    over()
    assert read_waiting().asked == 0
    assert not ModelReading.objects.exists()


def test_a_customer_who_came_back_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = over()
    says(monkeypatch, GLAD, '{"rating": 1, "reason": "Came back angry."}')
    read_waiting()
    Message.objects.create(
        conversation=conversation, external_id="back", author="customer", text="Useless!", sent_at=timezone.now()
    )
    Conversation.objects.update(updated_at=timezone.now())
    fill()
    assert read_waiting().understood == 1
    assert ModelReading.objects.get().rating == 1


def test_redacted_words_are_gone_from_the_reason_even_if_it_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = over(("customer", "My secret is plum jam"), ("bot", "So?"))
    message = Message.objects.get(conversation=conversation, author="customer")
    part = RedactedPart(conversation_id=conversation.external_id, part_id="p0", sent_at=message.sent_at)
    says(monkeypatch, '{"rating": 3, "reason": "Tells of plum jam."}')
    read_waiting()
    assert "plum jam" in ModelReading.objects.get().reason
    forget("w", part)
    assert (ModelReading.objects.get().reason, ModelReading.objects.get().rating) == ("", 3)

    later = over(("customer", "My secret is fig jam"), ("bot", "So?"))
    part = RedactedPart(conversation_id=later.external_id, part_id="p0", sent_at=message.sent_at)
    model = says(monkeypatch, '{"rating": 3, "reason": "Tells of fig jam."}')
    ask = model.reply

    def redacted_meanwhile(*args: Any, **more: Any) -> Any:
        forget("w", part)
        return ask(*args, **more)

    monkeypatch.setattr(model, "reply", redacted_meanwhile)
    read_waiting()
    assert (ModelReading.objects.get(pk=later.pk).reason, ModelReading.objects.get(pk=later.pk).rating) == ("", 3)


def test_its_prompt_is_a_version_in_the_admin_that_can_be_tried_and_no_gate_holds(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    shipped = PromptVersion.objects.get(name="satisfaction", is_active=True)
    written = add_version(PromptName.SATISFACTION, instructions="Judge. JSON.", message=shipped.message)
    conversation = over()
    turn = Turn.objects.get(conversation=conversation)
    client.force_login(User.objects.create_superuser("lead"))
    address = f"/admin/chatbot/promptversion/{written.pk}/change/"
    page = client.post(address, {"do": "preview", "turn": turn.pk}).content.decode()
    assert "&lt;conversation&gt;" in page
    model = says(monkeypatch, GLAD, "no idea")
    page = client.post(address, {"do": "try", "turn": turn.pk}).content.decode()
    assert "Says thanks." in page
    assert "The reply is no reading: no JSON object." in page
    assert len(model.asked) == 2
    assert not ModelReading.objects.exists()
    assert prompt_pages.offered(PromptName.SATISFACTION) is None
    activate(written)
    says(monkeypatch, GLAD)
    from chatbot.prompts.in_force import forget_recent_prompts

    forget_recent_prompts()
    read_waiting()
    assert ModelReading.objects.get().prompt == 2
    forget_recent_prompts()
