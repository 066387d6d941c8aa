"""Who may read /metrics, and that what happens is counted there."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from scipy.stats import binomtest

from analytics.health.facts import forget_recent as forget_facts
from chatbot.models import Delivery, IntentCheck, Turn
from chatbot.signals import delivery_finished, turn_finished, webhook_answered
from sessions_app.consumers import DeskConsumer
from sessions_app.signals import socket_closed, socket_opened
from tests.integration.analytics.histories import Part, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(settings: Settings) -> str:
    settings.METRICS_TOKEN = "a-token"
    return "a-token"


def read(client: Client, token: str) -> str:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return answer.content.decode()


def value(page: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_the_token_opens_the_page(client: Client, token: str) -> None:
    assert "handrail_webhook_refused_total" in read(client, token)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer another", "Basic a-token", "a-token"])
def test_anything_else_finds_no_such_page(client: Client, token: str, header: str) -> None:
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.parametrize("header", ["Bearer ", "Bearer", ""])
def test_without_a_token_set_no_token_fits(client: Client, settings: Settings, header: str) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.parametrize(("is_staff", "status"), [(True, 200), (False, 404)])
def test_staff_alone_may_read_without_a_token(client: Client, is_staff: bool, status: int) -> None:
    client.force_login(User.objects.create_user("somebody", is_staff=is_staff))
    assert client.get("/metrics").status_code == status


def test_a_refused_webhook_is_counted(client: Client, token: str) -> None:
    before = read(client, token)
    webhook_answered.send(sender=None, status=401)
    webhook_answered.send(sender=None, status=200)
    after = read(client, token)
    for name in ("handrail_webhook_refused_total", 'handrail_webhooks_answered_total{status="200"}'):
        assert value(after, name) - value(before, name) == 1.0


def test_turns_are_counted_with_their_times(client: Client, token: str) -> None:
    before = read(client, token)
    turn_finished.send(sender=Turn, turn=Turn(outcome="held", own_milliseconds=120.0, model_milliseconds=0.0))
    turn_finished.send(sender=Turn, turn=Turn(outcome="answered", own_milliseconds=120.0, model_milliseconds=700.0))
    after = read(client, token)
    grown = {
        name: value(after, name) - value(before, name)
        for name in (
            'handrail_turns_total{outcome="held"}',
            'handrail_turns_total{outcome="answered"}',
            "handrail_turn_own_seconds_count",
            "handrail_turn_model_seconds_count",
        )
    }
    assert list(grown.values()) == [1.0, 1.0, 2.0, 1.0]


def a_turn_by_a_model() -> Turn:
    return Turn(
        outcome="answered",
        answer="The answer.",
        own_milliseconds=120.0,
        model_milliseconds=700.0,
        trace={
            "milliseconds": {"retrieve": 12.0, "generate": 700.0},
            "answerer": "openai/gpt-oss-20b",
            "model_failure": "",
            "model": {
                "first_token_milliseconds": 200.0,
                "milliseconds": 700.0,
                "prompt_tokens": 900,
                "completion_tokens": 51,
            },
            "word_rules": [{"scope": "incoming", "action": "tag"}],
        },
    )


def test_what_a_model_did_is_counted_from_the_turns_trace(client: Client, token: str) -> None:
    before = read(client, token)
    turn_finished.send(sender=Turn, turn=a_turn_by_a_model())
    after = read(client, token)
    expected = {
        'handrail_model_tokens_total{direction="read"}': 900.0,
        'handrail_model_tokens_total{direction="written"}': 51.0,
        "handrail_model_first_token_seconds_sum": 0.2,
        "handrail_model_tokens_per_second_sum": 100.0,
        'handrail_drafts_total{writer="model"}': 1.0,
        'handrail_word_rule_hits_total{action="tag",scope="incoming"}': 1.0,
        'handrail_stage_seconds_count{stage="retrieve"}': 1.0,
    }
    grown = {name: round(value(after, name) - value(before, name), 6) for name in expected}
    assert grown == expected


def test_a_model_that_failed_is_counted(client: Client, token: str) -> None:
    before = read(client, token)
    turn = a_turn_by_a_model()
    turn.trace |= {"model": None, "model_failure": "ModelUnavailable", "answerer": "extractive"}
    turn_finished.send(sender=Turn, turn=turn)
    after = read(client, token)
    for name in ("handrail_model_failures_total", 'handrail_drafts_total{writer="quotation"}'):
        assert value(after, name) - value(before, name) == 1.0


def test_deliveries_are_counted_by_how_they_ended(client: Client, token: str) -> None:
    before = read(client, token)
    delivery_finished.send(sender=Delivery, delivery=Delivery(kind="reply", status="failed"))
    name = 'handrail_deliveries_total{kind="reply",status="failed"}'
    assert value(read(client, token), name) - value(before, name) == 1.0


def test_no_label_names_a_customer_or_a_conversation(client: Client, token: str) -> None:
    turn_finished.send(sender=Turn, turn=a_turn_by_a_model())
    labels = set(re.findall(r'[{,](\w+)="', "\n".join(re.findall(r"^handrail_.*$", read(client, token), re.MULTILINE))))
    assert labels <= (
        # The last two are there where a pool of model servers has been asked.
        {"status", "outcome", "kind", "le", "stage", "writer", "direction", "scope", "action", "pool", "state"}
    )


def test_the_accuracy_of_intents_never_comes_without_its_interval(client: Client, token: str) -> None:
    forget_facts()
    assert "handrail_intent_live_accuracy" not in read(client, token)
    for number in range(4):
        written([Part("customer", timedelta(hours=1)), Part("answered", timedelta(hours=1))])
        turn = Turn.objects.order_by("-pk")[0]
        label = {"verdict": "right", "intent": "refund"} if number else {"verdict": "wrong", "intent": "parcel"}
        IntentCheck.objects.create(turn=turn, guess="refund", lot=0.1, decided_at=timezone.now(), **label)
    forget_facts()
    page = read(client, token)
    assert value(page, "handrail_intent_labels") == 4.0
    expected = binomtest(3, 4).proportion_ci(method="wilson")
    assert value(page, "handrail_intent_live_accuracy_ratio") == 0.75
    assert value(page, "handrail_intent_live_accuracy_low_ratio") == pytest.approx(expected.low, abs=1e-4)
    assert value(page, "handrail_intent_live_accuracy_high_ratio") == pytest.approx(expected.high, abs=1e-4)


def test_open_pages_of_staff_are_counted_while_they_are_open(client: Client, token: str) -> None:
    name = 'handrail_sockets{kind="desk"}'
    before = value(read(client, token), name)
    socket_opened.send(sender=DeskConsumer, kind="desk")
    assert value(read(client, token), name) - before == 1.0
    socket_closed.send(sender=DeskConsumer, kind="desk")
    assert value(read(client, token), name) == before
