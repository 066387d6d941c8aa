"""What the page of the desk costs while five thousand questions wait."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sessions_app.models import Conversation, Customer, ReviewItem, default_queue_id
from tests.integration.chatbot.desk_world import client_of, reviewer, waiting

WAITING = 5_000
#: Session, user, rights, the list and its count, the queues with theirs, languages: no query for a row of its own.
QUERIES = 20

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return client_of(reviewer("mia"))


def fill(count: int) -> None:
    customers = Customer.objects.bulk_create(
        [Customer(workspace="w", external_id=f"many-{number}", name=f"Customer {number}") for number in range(count)]
    )
    conversations = Conversation.objects.bulk_create(
        [
            Conversation(workspace="w", external_id=customer.external_id, customer=customer, state="review")
            for customer in customers
        ]
    )
    queue = default_queue_id()
    ReviewItem.objects.bulk_create(
        [
            ReviewItem(
                conversation=one, queue_id=queue, question=f"Where is parcel {one.pk}?", confidence=0.5, threshold=0.85
            )
            for one in conversations
        ],
        batch_size=1_000,
    )  # fmt: skip


def queries_of(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert act().status_code == 200
    return len(captured)


def test_neither_the_page_nor_its_search_asks_more_for_five_thousand_than_for_one(desk: Client) -> None:
    item = waiting("Where is parcel zero?")
    addresses = ["/desk/", "/desk/?search=parcel&who=free", "/desk/items/counts/", f"/desk/items/{item.pk}/"]
    for address in addresses:
        desk.get(address)  # what is looked up once for all
    few = [queries_of(lambda address=address: desk.get(address)) for address in addresses]
    fill(WAITING)
    many = [queries_of(lambda address=address: desk.get(address)) for address in addresses]
    assert many == few
    assert max(many[:3]) <= QUERIES, many
    page = desk.get("/desk/").content.decode()
    assert f"{WAITING + 1} questions wait" in page
    assert len(page) < 120_000, "one page of the list, not all of it"
