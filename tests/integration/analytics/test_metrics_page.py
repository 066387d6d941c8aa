"""Who may read /metrics, and that what happens is counted there."""

import re
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from chatbot.models import Delivery, Turn
from chatbot.signals import delivery_finished, turn_finished, webhook_answered

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


def test_deliveries_are_counted_by_how_they_ended(client: Client, token: str) -> None:
    before = read(client, token)
    delivery_finished.send(sender=Delivery, delivery=Delivery(kind="reply", status="failed"))
    name = 'handrail_deliveries_total{kind="reply",status="failed"}'
    assert value(read(client, token), name) - value(before, name) == 1.0


def test_no_label_names_a_customer_or_a_conversation(client: Client, token: str) -> None:
    turn_finished.send(sender=Turn, turn=SimpleNamespace(outcome="held", own_milliseconds=1.0, model_milliseconds=None))
    labels = set(re.findall(r'[{,](\w+)="', "\n".join(re.findall(r"^handrail_.*$", read(client, token), re.MULTILINE))))
    assert labels <= {"status", "outcome", "kind", "le"}
