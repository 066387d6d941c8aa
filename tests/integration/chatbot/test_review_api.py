"""The desk over HTTP: the same rules as the page, and no more."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.contrib.auth.models import Permission, User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from sessions_app.models import Handoff, ReviewItem, ReviewQueue
from tests.integration.chatbot.desk_world import waiting

pytestmark = pytest.mark.django_db


def program(name: str, *rights: str) -> APIClient:
    account = User.objects.create_user(name)
    account.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = APIClient(raise_request_exception=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=account).key}")
    return client


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """As Django's own test client does: the connection belongs to the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def decide(api: APIClient, item: ReviewItem, verb: str, **fields: Any) -> Any:
    return api.post(f"/api/v1/review-items/{item.pk}/decide/", {"verb": verb, **fields}, format="json")


def test_a_program_reads_what_waits_and_decides_it_once() -> None:
    api = program("program", "view_reviewitem", "change_reviewitem", "view_reviewqueue")
    item = waiting("Where is my parcel?")
    rows = api.get("/api/v1/review-items/?search=parcel").json()["results"]
    assert [(row["id"], row["draft"], row["claimed_by"]) for row in rows] == [(item.pk, "So.", None)]
    queues = api.get("/api/v1/review-queues/").json()["results"]
    assert [(row["is_default"], row["waiting"]) for row in queues] == [(True, 1)]
    assert decide(api, item, "approve", answer="So.").json() == {"item": item.pk, "undo_seconds": 5.0}
    assert decide(api, item, "reject", note="late").status_code == 409
    decided = api.get("/api/v1/review-items/?status=decided").json()["results"]
    assert [(row["status"], row["decided_by"]) for row in decided] == [("approved", "program")]
    assert decide(api, item, "undo").status_code == 200
    assert api.get("/api/v1/review-items/").json()["count"] == 1


def test_what_is_wrong_is_named_and_each_verb_asks_for_its_own_right() -> None:
    item = waiting()
    reader = program("reader", "view_reviewitem")
    assert decide(reader, item, "approve", answer="So.").status_code == 403
    writer = program("writer", "view_reviewitem", "change_reviewitem")
    assert decide(writer, item, "take-over").status_code == 403
    assert "empty" in decide(writer, item, "approve", answer=" ").json()["detail"][0]
    assert "no such queue" in decide(writer, item, "move", queue=10**9).json()["detail"][0]
    assert decide(writer, item, "explode").status_code == 400
    assert program("nobody").get("/api/v1/review-items/").status_code == 403


def test_a_program_sees_only_the_queues_of_its_account() -> None:
    closed = ReviewQueue.objects.create(name="Closed", position=1)
    closed.members.add(User.objects.create_user("somebody"))
    item = waiting()
    Handoff.objects.create(conversation=item.conversation, reason="rule", packet={"wanted": "secret"})
    api = program("program", "view_reviewitem", "view_reviewqueue", "view_handoff", "change_reviewitem")
    assert item.queue == closed
    assert api.get("/api/v1/review-items/").json()["count"] == 0
    assert api.get(f"/api/v1/review-items/{item.pk}/").status_code == 404
    assert decide(api, item, "approve", answer="So.").status_code == 404
    assert "Closed" not in [row["name"] for row in api.get("/api/v1/review-queues/").json()["results"]]
    assert api.get("/api/v1/packets/").json()["count"] == 0
    lead = program("lead", "view_reviewitem", "view_handoff", "see_all_queues")
    assert lead.get("/api/v1/packets/").json()["results"][0]["packet"] == {"wanted": "secret"}


def test_decisions_made_from_the_description_on_real_questions_meet_no_error_of_ours(kept_connection: None) -> None:
    """Ids made up at random would only ever be answered with 404."""
    token = Token.objects.create(user=User.objects.create_superuser("boss")).key
    described = SchemaGenerator(patterns=None).get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(described).include(path_regex="^/api/v1/(review|packets)")
    schema.app = get_wsgi_application()
    statuses: set[int] = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @hypothesis.settings(
            max_examples=30 if operation.method.upper() == "POST" else 4,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def try_it(case: schemathesis.Case) -> None:
            if "id" in case.path_parameters:
                item = waiting()
                made = Handoff.objects.create(conversation=item.conversation, reason="rule", packet={"wanted": "?"})
                ids = {"packets": made.pk, "review-queues": item.queue_id}
                case.path_parameters["id"] = next((v for name, v in ids.items() if name in case.path), item.pk)
            response = case.call(headers={"Authorization": f"Token {token}"})
            statuses.add(response.status_code)
            assert response.status_code < 500, (case.as_curl_command(), response.text[:500])

        try_it()
    assert {200, 400} <= statuses
