"""A customer's first message opens a conversation, once, whoever is told of it how often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone

from sessions_app.conversations import CustomerFacts, Recorded
from sessions_app.models import Conversation, Customer, Message
from sessions_app.opening import record_opening
from tests.integration.sessions_app.test_recording import ends_as
from tests.integration.sessions_app.threads import customer, key, record

pytestmark = pytest.mark.django_db


def opened(external_id: str = "1", **facts: object) -> Recorded | None:
    told = replace(key(external_id), customer=CustomerFacts(external_id="dana", **facts))  # type: ignore[arg-type]
    return record_opening(told, customer(1), pause_seconds=2.0)


def test_an_opening_ends_as_any_report_of_the_same_message() -> None:
    first = opened("opened")
    assert first is not None
    second = record(customer(1), external_id="reported")
    assert first.created == second.created == 1
    one, other = (Conversation.objects.get(pk=recorded.conversation_id) for recorded in (first, second))
    assert ends_as(one) == ends_as(other)
    assert one.customer == other.customer


def test_the_answer_is_due_after_the_pause() -> None:
    before = timezone.now()
    recorded = opened()
    assert recorded is not None
    assert recorded.reply_due_at == Conversation.objects.get().reply_due_at
    assert 2.0 <= (recorded.reply_due_at - before).total_seconds() < 4.0  # type: ignore[operator]


def test_an_opening_told_again_changes_nothing() -> None:
    opened()
    Conversation.objects.update(reply_due_at=None)
    assert opened() is None
    assert Message.objects.count() == 1
    assert Conversation.objects.get().reply_due_at is None


def test_a_customer_who_comes_back_keeps_what_is_not_said_and_gets_what_is_said_now() -> None:
    opened("1", name="Dana", tier="gold", attributes={"plan": "a"})
    opened("2", email="dana@example.com", tier="silver")
    found = Customer.objects.get()
    assert (found.name, found.email, found.tier, found.attributes) == (
        "Dana",
        "dana@example.com",
        "silver",
        {"plan": "a"},
    )


@pytest.mark.django_db(transaction=True)
def test_of_workers_told_at_once_one_opens_it() -> None:
    def tell(_: int) -> bool:
        try:
            return opened() is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(tell, range(8))) == 1
    assert (Conversation.objects.count(), Message.objects.count()) == (1, 1)
