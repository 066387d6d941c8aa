"""The knowledge base over HTTP: what people may do in the admin, programs may do here, and nothing more."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from knowledge import tasks
from knowledge.approved import fill_vectors
from knowledge.models import ApprovedAnswer, Article, Collection, DuplicatePair
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def enqueued(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks.refresh_article, "delay", ids.append)
    monkeypatch.setattr(tasks.embed_approved_answer, "delay", lambda answer_id: fill_vectors([answer_id]))
    return ids


def signed_in(*rights: str, is_superuser: bool = False) -> APIClient:
    """A program with a token of an account that has these rights and no place in the admin."""
    account = User.objects.create_user("program", is_superuser=is_superuser)
    account.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = APIClient(raise_request_exception=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=account).key}")
    return client


@pytest.fixture
def api() -> APIClient:
    return signed_in(is_superuser=True)


def test_an_article_is_written_published_changed_and_restored(
    api, enqueued, django_capture_on_commit_callbacks
) -> None:
    shelf = api.post("/api/v1/collections/", {"name": "help"}, format="json").json()
    with django_capture_on_commit_callbacks(execute=True):
        made = api.post(
            "/api/v1/articles/",
            {"collection": shelf["id"], "title": "退款", "body": "三十天内可以退款。", "status": "published",
             "audience_tiers": ["gold"], "audience_attributes": {"country": "cn"}},
            format="json",
        )  # fmt: skip
    assert made.status_code == 201, made.content
    one = made.json()
    assert (one["language"], one["index_state"], enqueued) == ("zh-hans", "waiting", [one["id"]])
    address = f"/api/v1/articles/{one['id']}/"
    api.patch(address, {"body": "十四天。"}, format="json")
    versions = api.get(f"{address}history/").json()["results"]
    assert (versions[0]["changed_fields"], versions[0]["changed_by"]) == (["body"], "program")
    restored = api.post(f"{address}restore/", {"version": versions[1]["version"]}, format="json").json()
    assert restored["body"] == "三十天内可以退款。" and restored["audience_tiers"] == ["gold"]
    assert api.delete(address).status_code == 204
    newest = api.get(f"{address}history/").json()["results"][0]
    assert newest["type"] == "-"
    assert api.post(f"{address}restore/", {"version": newest["version"]}, format="json").status_code == 200
    assert Article.objects.get().pk == one["id"]


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/api/v1/articles/", "updated_after"),
        ("/api/v1/approved-answers/", "expires_before"),
        ("/api/v1/results/", "began_from"),
    ],
)
def test_a_moment_may_have_any_offset_and_one_outside_the_calendar_is_named(api, address: str, field: str) -> None:
    assert api.get(address, {field: "1703-01-30T03:29:54+22:35"}).status_code == 200
    refused = api.get(address, {field: "0001-01-01T00:00:00+01:00"})
    assert (refused.status_code, list(refused.json())) == (400, [field])


def test_lists_are_paged_filtered_and_without_bodies(api) -> None:
    for number in range(3):
        publish(f"Article {number}", "Text.", audience_tiers=["gold"] if number else [])
    page = api.get("/api/v1/articles/", {"page_size": 2, "ordering": "-title", "status": "published"}).json()
    assert page["count"] == 3 and page["next"] and "body" not in page["results"][0]
    assert [one["title"] for one in page["results"]] == ["Article 2", "Article 1"]
    assert api.get("/api/v1/articles/", {"tier": "gold"}).json()["count"] == 2
    assert api.get("/api/v1/articles/", {"search": "article 0"}).json()["count"] == 1
    assert api.get("/api/v1/articles/", {"status": "nonsense"}).status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "\0"), ("title", "\ud800"), ("body", "x" * 2_000_001), ("url", "javascript:alert(1)"),
        ("audience_attributes", {"country": {"not": "flat"}}), ("audience_attributes", {"\0": "x"}),
        ("audience_tiers", "gold"), ("status", "nonsense"), ("collection", 10**30), ("external_id", "taken"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_with_the_fields_name(api, field: str, value: object) -> None:
    other = publish("Other", "Text.", external_id="taken")
    item = {"title": "Refunds", "body": "Text.", "collection": other.collection_id} | {field: value}
    answer = api.post("/api/v1/articles/", json.dumps(item), content_type="application/json")
    assert answer.status_code == 400 and list(answer.json()) == [field], answer.content
    assert Article.objects.count() == 1


def test_too_large_and_unreadable_requests_are_refused(api) -> None:
    assert api.post("/api/v1/articles/", b"[" * 100_000, content_type="application/json").status_code == 400
    assert api.post("/api/v1/search/", b"x" * 13_000_001, content_type="application/json").status_code in (400, 413)


def test_an_approved_answer_is_written_and_found_by_the_search(api, django_capture_on_commit_callbacks) -> None:
    publish("Refunds", "Refunds take ten days.", audience_tiers=["gold"])
    question = {
        "question": "How long do refunds take?",
        "answer": "Ten days.",
        "language": "en",
        "audience_tiers": ["gold"],
    }
    with django_capture_on_commit_callbacks(execute=True):
        made = api.post("/api/v1/approved-answers/", question, format="json")
    assert made.status_code == 201 and ApprovedAnswer.objects.get().owner.get_username() == "program"
    asked = {"question": "how long do refunds take", "language": "en"}
    stranger = api.post("/api/v1/search/", asked, format="json").json()
    assert stranger["passages"] == [] and stranger["approved_answer"] is None
    gold = api.post("/api/v1/search/", asked | {"tier": "gold"}, format="json").json()
    assert gold["approved_answer"]["answer"] == "Ten days." and gold["passages"][0]["article_title"] == "Refunds"
    assert gold["milliseconds"]["total"] > 0


def test_a_pair_is_decided_once(api) -> None:
    first, second = publish("One", "Text."), publish("Two", "Text.")
    pair = DuplicatePair.objects.create(first=first, second=second, similarity=1.0, overlap=1.0)
    assert api.get("/api/v1/duplicates/").json()["results"][0]["first"]["title"] == "One"
    address = f"/api/v1/duplicates/{pair.pk}/decide/"
    assert api.post(address, {"keep": 0}, format="json").status_code == 400
    assert api.post(address, {"keep": second.pk}, format="json").json()["decision"] == "kept_second"
    assert Article.objects.get(pk=first.pk).status == "archived"
    assert api.post(address, {"keep": None}, format="json").status_code == 409


READ = [
    ("get", "/api/v1/articles/", "view_article"),
    ("get", "/api/v1/articles/1/history/", "view_article"),
    ("get", "/api/v1/collections/", "view_collection"),
    ("get", "/api/v1/approved-answers/", "view_approvedanswer"),
    ("get", "/api/v1/duplicates/", "view_duplicatepair"),
    ("post", "/api/v1/search/", "view_article"),
]
WRITE = [
    ("post", "/api/v1/articles/", "add_article"),
    ("patch", "/api/v1/articles/1/", "change_article"),
    ("delete", "/api/v1/articles/1/", "delete_article"),
    ("post", "/api/v1/collections/", "add_collection"),
    ("post", "/api/v1/approved-answers/", "add_approvedanswer"),
    ("post", "/api/v1/duplicates/1/decide/", "change_article"),
]


@pytest.mark.parametrize(("method", "address", "right"), READ + WRITE)
def test_each_door_opens_with_its_right_only(method: str, address: str, right: str) -> None:
    assert getattr(APIClient(), method)(address).status_code == 401
    every_other = Permission.objects.exclude(codename=right).values_list("codename", flat=True)
    client = signed_in(*every_other)
    assert getattr(client, method)(address, format="json").status_code == 403
    client.handler._force_user = None
    account = User.objects.get(username="program")
    account.user_permissions.set(Permission.objects.filter(codename=right))
    assert getattr(client, method)(address, format="json").status_code in (200, 201, 204, 400, 404)


def test_restoring_needs_the_right_to_change() -> None:
    """POST alone would ask for the right to add."""
    article = publish("One", "Text.")
    version = article.history.get().history_id
    client = signed_in("add_article", "view_article")
    address = f"/api/v1/articles/{article.pk}/restore/"
    assert client.post(address, {"version": version}, format="json").status_code == 403
    assert Collection.objects.exists()


def test_a_browser_session_writes_with_a_csrf_token_only() -> None:
    User.objects.create_superuser("mia", password="mia")
    client = APIClient(enforce_csrf_checks=True)
    client.login(username="mia", password="mia")
    assert client.get("/api/v1/collections/").status_code == 200
    assert client.post("/api/v1/collections/", {"name": "x"}, format="json").status_code == 403


def test_the_documentation_is_for_staff_and_asks_no_foreign_server(client) -> None:
    assert client.get("/api/docs/").status_code == 302 and client.get("/api/schema/").status_code == 302
    client.force_login(User.objects.create_superuser("mia"))
    page = client.get("/api/docs/").content.decode()
    assert "/static/drf_spectacular_sidecar/" in page and "cdn." not in page and "https://" not in page


def test_a_token_made_in_the_admin_is_told_once_and_works(client) -> None:
    mia = User.objects.create_superuser("mia")
    client.force_login(mia)
    told = client.post("/admin/authtoken/tokenproxy/add/", {"user": mia.pk}, follow=True).content.decode()
    key = Token.objects.get().key
    assert key in told and key not in client.get("/admin/authtoken/tokenproxy/").content.decode()
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert program.get("/api/v1/articles/").status_code == 200


def test_nobody_makes_a_token_of_a_mightier_account(client) -> None:
    boss = User.objects.create_superuser("boss")
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="authtoken"))
    client.force_login(staff)
    client.post("/admin/authtoken/tokenproxy/add/", {"user": boss.pk})
    assert not Token.objects.exists()
    client.post("/admin/authtoken/tokenproxy/add/", {"user": staff.pk})
    assert Token.objects.get().user == staff
