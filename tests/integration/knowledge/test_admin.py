import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from knowledge import tasks
from knowledge.admin import ArticleAdmin
from knowledge.models import Article, Collection

pytestmark = pytest.mark.django_db


@pytest.fixture
def enqueued(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks.refresh_article, "delay", ids.append)
    return ids


@pytest.fixture
def article_admin() -> ArticleAdmin:
    from django.contrib.admin import site

    return site.get_model_admin(Article)


def article(**fields: object) -> Article:
    shelf, _ = Collection.objects.get_or_create(name="help")
    return Article.objects.create(collection=shelf, external_id="1", title="Refunds", **fields)


def request_by_staff():
    request = RequestFactory().get("/")
    request.user = User(is_staff=True, is_superuser=True)
    return request


def test_saving_a_published_article_indexes_it_after_the_commit(
    article_admin, enqueued, django_capture_on_commit_callbacks
) -> None:
    saved = article(status="published", body="Within 30 days.")
    with django_capture_on_commit_callbacks(execute=True):
        article_admin.save_model(request_by_staff(), saved, None, True)
        assert enqueued == []
    assert enqueued == [saved.pk]


def test_saving_a_draft_indexes_nothing(article_admin, enqueued, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        article_admin.save_model(request_by_staff(), article(), None, True)
    assert enqueued == []


def test_the_preview_is_safe(client) -> None:
    client.force_login(User.objects.create_superuser("mia"))
    body = "**bold** <script>alert(1)</script> [x](javascript:alert(1))"
    html = client.post("/admin/knowledge/article/preview/", {"body": body}).content.decode()
    assert "<strong>bold</strong>" in html and "<script" not in html and 'href="javascript' not in html


def test_the_preview_is_for_staff_only(client) -> None:
    assert client.post("/admin/knowledge/article/preview/", {"body": "x"}).status_code == 302


def test_a_new_article_gets_an_id_and_its_language(client, enqueued) -> None:
    client.force_login(User.objects.create_superuser("mia"))
    shelf = Collection.objects.create(name="help")
    form = {"title": "退款", "body": "我们会在三十天内退款。", "status": "draft", "visibility": "public"}
    answer = client.post("/admin/knowledge/article/add/", form | {"collection": shelf.pk})
    assert answer.status_code == 302, answer.context["adminform"].errors
    saved = Article.objects.get()
    assert len(saved.external_id) == 32 and saved.language == "zh-hans"


@pytest.mark.parametrize("lines", ["country", "= de", "country =", "country = de\nplan"])
def test_a_condition_that_cannot_be_read_is_refused_with_its_line(client, lines: str) -> None:
    """Else it would open the article to everybody."""
    client.force_login(User.objects.create_superuser("mia"))
    shelf = Collection.objects.create(name="help")
    form = {"title": "Refunds", "body": "x", "status": "draft", "visibility": "public", "collection": shelf.pk}
    answer = client.post("/admin/knowledge/article/add/", form | {"audience_attributes": lines})
    assert answer.status_code == 200 and not Article.objects.exists()
    assert "audience_attributes" in answer.context["adminform"].errors


def test_publishing_tells_how_many_and_indexes_them(
    article_admin, enqueued, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    told: list[str] = []
    monkeypatch.setattr(article_admin, "message_user", lambda request, text, level: told.append(text))
    draft = article()
    with django_capture_on_commit_callbacks(execute=True):
        article_admin.publish(request_by_staff(), Article.objects.all())
    assert Article.objects.get().status == "published" and enqueued == [draft.pk] and told == ["1 article changed."]
