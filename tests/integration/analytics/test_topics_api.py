"""Topics and gaps over HTTP."""

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from analytics.models import Gap
from analytics.topics.running import bring_up_to_date
from knowledge.models import Article
from tests.integration.analytics.asking import CARDS, PARROTS, asked, unanswered

pytestmark = pytest.mark.django_db


def client(*rights: str) -> APIClient:
    user = User.objects.create_user("program")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    found = APIClient()
    found.force_authenticate(user)
    return found


def test_topics_are_told_with_their_figures() -> None:
    for text in (*CARDS, "Do you sell gift vouchers?"):
        asked(text)
    bring_up_to_date()
    program = client("view_topic")
    cards, alone = program.get("/api/v1/topics/").json()
    assert (cards["questions"], cards["customers"], cards["questions_before"]) == (4, 4, None)
    assert "card" in cards["words"]
    assert (alone["id"], alone["questions"]) == (None, 1)
    assert program.get("/api/v1/topics/", {"days": "x"}).status_code == 400
    assert program.get("/api/v1/gaps/").status_code == 403


def test_a_gap_is_edited_and_accepted_once() -> None:
    for text in PARROTS:
        unanswered(text)
    bring_up_to_date()
    program = client("view_gap", "change_gap", "add_article")
    (gap,) = program.get("/api/v1/gaps/").json()["results"]
    assert (gap["customers"], gap["questions"], gap["body"]) == (3, 3, "")
    address = f"/api/v1/gaps/{gap['id']}/"
    assert program.post(f"{address}accept/", {}, format="json").status_code == 400
    assert program.post(f"{address}edit/", {"title": "", "body": "x"}, format="json").status_code == 400
    told = {"title": "Parrots", "body": "In the hold."}
    assert program.post(f"{address}edit/", told, format="json").json()["is_edited"] is True
    done = program.post(f"{address}accept/", {}, format="json").json()
    article = Article.objects.get(pk=done["article"])
    assert (article.title, article.status) == ("Parrots", "draft")
    assert program.post(f"{address}accept/", {}, format="json").status_code == 409
    assert program.get("/api/v1/gaps/").json()["results"] == []
    assert program.post(f"{address}reopen/", format="json").json()["status"] == "open"
    assert program.post("/api/v1/gaps/999999/dismiss/", format="json").status_code == 404


def test_who_may_not_add_articles_may_dismiss_only() -> None:
    for text in PARROTS:
        unanswered(text)
    bring_up_to_date()
    program = client("view_gap", "change_gap")
    address = f"/api/v1/gaps/{Gap.objects.get().pk}/"
    assert program.post(f"{address}accept/", {}, format="json").status_code == 403
    assert program.post(f"{address}dismiss/", format="json").json()["status"] == "dismissed"
