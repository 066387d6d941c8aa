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


def test_the_preview_is_safe(article_admin) -> None:
    html = article_admin.preview(article(body="**bold** <script>alert(1)</script>"))
    assert "<strong>bold</strong>" in html and "<script" not in html


def test_publishing_tells_how_many_and_indexes_them(
    article_admin, enqueued, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    told: list[str] = []
    monkeypatch.setattr(article_admin, "message_user", lambda request, text, level: told.append(text))
    draft = article()
    with django_capture_on_commit_callbacks(execute=True):
        article_admin.publish(request_by_staff(), Article.objects.all())
    assert Article.objects.get().status == "published" and enqueued == [draft.pk] and told == ["1 article changed."]
