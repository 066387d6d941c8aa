"""The desk over HTTP: the same rules as the page, and no more."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
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
