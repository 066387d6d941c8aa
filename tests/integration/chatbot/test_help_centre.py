"""Articles of Intercom's help centre, over real HTTP: read page by page, then kept fresh by signed webhooks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chatbot import workspaces
from chatbot.intake import process_events
from chatbot.intercom.client import client_for
from chatbot.intercom.signatures import is_signed
from chatbot.models import InboundEvent, Workspace
from knowledge import tasks
from knowledge.importing import runs
from knowledge.models import Article, ArticleSource, ImportRun
from tests.integration.sandbox.running import Platform, Running, receiving_platform, running_sandbox

pytestmark = pytest.mark.django_db
SECRET = "sandbox-client-secret"


class Centre:
    """A help centre that is written in, and the platform that hears of it."""

    def __init__(self, sandbox: Running, platform: Platform, workspace: Workspace) -> None:
        self.sandbox, self.platform, self.workspace = sandbox, platform, workspace
        self._taken = 0

    def write(self, title: str, body: str = "<p>Words about it.</p>", **more: Any) -> str:
        answer = self.sandbox.http.post("/teammate/articles", json={"title": title, "body": body, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, article_id: str, **changes: Any) -> None:
        assert self.sandbox.http.put(f"/teammate/articles/{article_id}", json=changes).status_code == 200

    def remove(self, article_id: str, **more: Any) -> None:
        answer = self.sandbox.http.request("DELETE", f"/teammate/articles/{article_id}", json=more)
        assert answer.status_code == 204

    def imported(self, **options: Any) -> ImportRun:
        options = {"status": "published", "keep_fresh": True} | options
        run = runs.ask_for(ImportRun(kind="intercom", address=self.workspace.app_id, **options))
        runs.work_on(run.pk)
        run.refresh_from_db()
        return run

    def hear(self, count: int) -> list[str]:
        """Takes in the next `count` notifications as the door stores them; their statuses."""
        self.platform.wait_for(self._taken + count)
        received = self.platform.received[self._taken : self._taken + count]
        self._taken += count
        events = []
        for headers, body in received:
            assert is_signed(body, signature=headers["x-hub-signature"], secret=SECRET)
            told = json.loads(body)
            events.append(
                InboundEvent.objects.create(
                    app_id=told["app_id"], notification_id=told["id"], topic=told["topic"], payload=body.decode()
                )
            )
        process_events([event.pk for event in events])
        return [InboundEvent.objects.get(pk=event.pk).status for event in events]


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with receiving_platform() as receiving:
        yield receiving


@pytest.fixture(scope="module")
def sandbox(platform: Platform) -> Iterator[Running]:
    with running_sandbox(webhook_url=platform.url) as running:
        yield running


@pytest.fixture
def centre(sandbox: Running, platform: Platform, settings: Any, monkeypatch) -> Iterator[Centre]:
    sandbox.app.state.workspace.articles.clear()
    platform.received.clear()
    sandbox.faults()
    workspaces._recent.clear()
    client_for.cache_clear()
    settings.INTERCOM_URL, settings.INTERCOM_TOKEN = sandbox.url, "sandbox-token"
    monkeypatch.setattr("knowledge.importing.runs.index_articles", lambda ids, on_articles: None)
    monkeypatch.setattr(tasks.refresh_article, "delay", lambda article_id: None)
    workspace, _ = workspaces.connect(url=sandbox.url, token="sandbox-token")
    yield Centre(sandbox, platform, workspace)
    workspaces._recent.clear()
    client_for.cache_clear()


def counts(run: ImportRun) -> tuple[int, ...]:
    return (run.created, run.updated, run.unchanged, run.archived, run.conflicts, run.failed)


def test_every_published_article_is_read_page_by_page_and_once(centre: Centre, monkeypatch) -> None:
    monkeypatch.setattr("chatbot.intercom.client.INTERCOM_ARTICLES_A_PAGE", 2)
    html = "<h2>How</h2><p>By <b>post</b>.</p><ul><li>one</li></ul><script>x()</script>"
    centre.write("Returns", html, url="https://help.example.com/returns")
    for number in range(4):
        centre.write(f"Article {number}")
    centre.write("Unfinished", state="draft")
    run = centre.imported()
    assert (run.state, counts(run), run.total) == ("done", (5, 0, 0, 0, 0, 0), 6)
    article = Article.objects.get(title="Returns")
    assert article.body == "## How\n\nBy **post**.\n\n- one"
    assert (article.url, article.collection.name) == ("https://help.example.com/returns", "Intercom help centre")
    assert (article.language, article.status, article.visibility) == ("en", "published", "public")
    pages = [call["query"] for call in centre.sandbox.calls() if call["path"] == "/articles"]
    assert pages == [f"page={number}&per_page=2" for number in (1, 2, 3)]
    assert counts(centre.imported()) == (0, 0, 5, 0, 0, 0) and Article.objects.count() == 5


def test_each_published_language_is_an_article_of_its_own(centre: Centre) -> None:
    article_id = centre.write(
        "Returns",
        translations={
            "de": {"title": "Rückgabe", "body": "<p>Per Post.</p>", "state": "published"},
            "zh-CN": {"title": "退货", "body": "<p>邮寄。</p>", "state": "published"},
            "fr": {"title": "Retours", "body": "<p>Par la poste.</p>", "state": "draft"},
        },
    )
    centre.imported()
    found = set(Article.objects.values_list("external_id", "title", "language"))
    assert found == {
        (article_id, "Returns", "en"),
        (f"{article_id}/de", "Rückgabe", "de"),
        (f"{article_id}/zh-CN", "退货", "zh-hans"),
    }


@pytest.mark.parametrize("closed", [{"help_center_audience": "all_users"}, {"ai_chatbot_availability": False}])
def test_what_is_not_for_everybody_there_is_for_staff_only_here(centre: Centre, closed: dict[str, Any]) -> None:
    centre.write("Secret", **closed)
    run = centre.imported()
    assert Article.objects.get().visibility == "internal"
    assert "staff only" in run.lines.get().words


def test_webhooks_keep_articles_fresh(centre: Centre) -> None:
    centre.imported()
    article_id = centre.write("Returns", "<p>Within 30 days.</p>")
    assert centre.hear(2) == ["processed", "processed"], "created and published"
    assert Article.objects.get().body == "Within 30 days."
    centre.change(article_id, body="<p>Within 14 days.</p>")
    assert centre.hear(1) == ["processed"] and Article.objects.get().body == "Within 14 days."
    centre.change(article_id, state="draft")
    centre.hear(2)
    assert Article.objects.get().status == "archived"
    centre.change(article_id, state="published")
    centre.hear(2)
    assert Article.objects.get().status == "published"
    centre.remove(article_id)
    centre.hear(1)
    assert Article.objects.get().status == "archived", "never deleted"


def test_a_late_webhook_does_not_bring_back_what_was_said_before(centre: Centre) -> None:
    """The notification is a hint: what Intercom says now counts."""
    centre.imported()
    article_id = centre.write("Returns", "<p>Within 30 days.</p>")
    centre.change(article_id, body="<p>Within 14 days.</p>")
    centre.platform.wait_for(3)
    centre.platform.received.sort(key=lambda one: b'"article.updated"' not in one[1])
    centre.hear(3)
    assert Article.objects.get().body == "Within 14 days."


def test_webhooks_of_a_help_centre_that_nobody_imports_are_left_alone(centre: Centre) -> None:
    centre.write("Returns")
    assert centre.hear(2) == ["ignored", "ignored"]
    centre.imported(keep_fresh=False)
    Article.objects.all().delete()
    centre.write("More")
    assert centre.hear(2) == ["ignored", "ignored"] and not Article.objects.exists()


def test_a_webhook_waits_while_intercom_is_away(centre: Centre) -> None:
    centre.imported()
    centre.write("Returns")
    centre.sandbox.faults(rest={"path": "/articles/", "status": 503, "times": 4})
    assert centre.hear(2) == ["received", "received"]
    process_events([event.pk for event in InboundEvent.objects.filter(status="received")])
    assert Article.objects.count() == 1 and not InboundEvent.objects.filter(status="received").exists()


def test_the_clock_repairs_what_no_webhook_told(centre: Centre) -> None:
    _kept, changed, unpublished, removed = (centre.write(title) for title in ("Kept", "Changed", "Hidden", "Gone"))
    centre.imported()
    centre.change(changed, body="<p>Other words.</p>", webhook=False)
    centre.change(unpublished, state="draft", webhook=False)
    centre.remove(removed, webhook=False)
    assert counts(centre.imported()) == (0, 1, 1, 2, 0, 0)
    assert dict(Article.objects.values_list("title", "status")) == {
        "Kept": "published",
        "Changed": "published",
        "Hidden": "archived",
        "Gone": "archived",
    }


def test_an_article_that_the_list_missed_is_not_archived(centre: Centre, monkeypatch) -> None:
    centre.write("Returns")
    centre.imported()
    monkeypatch.setattr("chatbot.intercom.client.IntercomClient.articles", lambda client: iter(()))
    assert counts(centre.imported()) == (0, 0, 0, 0, 0, 0)
    assert Article.objects.get().status == "published"


def test_a_hand_edit_is_kept_and_a_change_there_too_is_a_conflict(centre: Centre) -> None:
    article_id = centre.write("Returns", "<p>Within 30 days.</p>")
    centre.imported()
    Article.objects.update(body="Ours.", audience_tiers=["gold"])
    centre.change(article_id, title="Returning things", webhook=False)
    assert counts(centre.imported()) == (0, 1, 0, 0, 0, 0)
    article = Article.objects.get()
    assert (article.title, article.body, article.audience_tiers) == ("Returning things", "Ours.", ["gold"])
    centre.change(article_id, body="<p>Within 14 days.</p>")
    centre.hear(3)
    article.refresh_from_db()
    assert article.body == "Ours."
    assert ArticleSource.objects.get().theirs["body"] == "Within 14 days."
    assert counts(centre.imported()) == (0, 0, 0, 0, 1, 0)


def test_an_intercom_that_is_away_ends_the_run_with_a_word_and_archives_nothing(centre: Centre) -> None:
    centre.write("Returns")
    centre.imported()
    centre.sandbox.faults(rest={"path": "/articles", "status": 503})
    run = centre.imported()
    assert run.state == "failed" and "503" in run.problem and Article.objects.get().status == "published"


def test_the_page_offers_the_connected_workspace(centre: Centre, admin_client) -> None:
    centre.write("Returns")
    page = admin_client.get("/admin/knowledge/importrun/add/").content.decode()
    assert f'value="{centre.workspace.app_id}"' in page
    form = {"kind": "intercom", "workspace": centre.workspace.app_id, "status": "draft", "keep_fresh": "on"}
    assert admin_client.post("/admin/knowledge/importrun/add/", form).status_code == 302
    run = ImportRun.objects.get()
    runs.work_on(run.pk)
    assert (run.address, run.keep_fresh) == (centre.workspace.app_id, True)
    assert Article.objects.get().status == "draft"
