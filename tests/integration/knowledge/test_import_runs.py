"""A run from the page to the last indexed article: told item by item, cancelled, resumed after a crash, repeated."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from knowledge import tasks
from knowledge.importing import runs
from knowledge.importing.runs import Upload
from knowledge.minilm import weights_file
from knowledge.models import Article, ArticleSource, ImportLine, ImportRun, ImportUpload
from tests.integration.knowledge.web import Web, running_web
from tests.unit.knowledge.documents import pdf, zipped

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
LINES = b"""{"id": "a", "title": "Refunds", "body": "Within 30 days."}
nonsense
{"id": "b", "title": "Returns", "body": "By post."}
"""


@pytest.fixture
def web(settings) -> Iterator[Web]:
    settings.FETCH_PRIVATE_HOSTS = ["127.0.0.1"]
    with running_web() as running:
        yield running


def files_run(**uploads: bytes) -> ImportRun:
    files = [Upload(name=name.replace("_", "."), content=content) for name, content in uploads.items()]
    return runs.ask_for(ImportRun(kind="files", collection="help", status="published"), files)


def site_run(address: str, **options: object) -> ImportRun:
    return runs.ask_for(ImportRun(kind="site", address=address, collection="site", status="published", **options))


def worked(run: ImportRun) -> ImportRun:
    runs.work_on(run.pk)
    run.refresh_from_db()
    return run


def counts(run: ImportRun) -> tuple[int, ...]:
    return (run.created, run.updated, run.unchanged, run.archived, run.conflicts, run.failed)


def lines(run: ImportRun) -> list[tuple[str, str]]:
    return list(run.lines.values_list("outcome", "place"))


# Files ------------------------------------------------------------------------------------------------------------


def test_files_are_stored_indexed_and_told_item_by_item() -> None:
    run = worked(files_run(faq_jsonl=LINES, docs_zip=zipped({"k.pdf": pdf([["Descale it."]]), "bad.pdf": b"no"})))
    assert (run.state, counts(run), run.position, run.indexed) == ("done", (3, 0, 0, 0, 0, 2), 5, 3)
    assert lines(run) == [
        ("created", "faq.jsonl line 1"),
        ("failed", "faq.jsonl line 2"),
        ("created", "faq.jsonl line 3"),
        ("failed", "docs.zip › bad.pdf"),
        ("created", "docs.zip › k.pdf"),
    ]
    assert all(article.indexed_at for article in Article.objects.all())
    assert not ImportUpload.objects.exists(), "the files are not kept"


def test_the_same_files_again_change_nothing() -> None:
    worked(files_run(faq_jsonl=LINES))
    again = worked(files_run(faq_jsonl=LINES))
    assert counts(again) == (0, 0, 2, 0, 0, 1) and Article.objects.count() == 2


def test_a_run_whose_worker_died_goes_on_where_it_was(monkeypatch) -> None:
    run = files_run(faq_jsonl=LINES)
    real = runs._import_item

    def dies_at_the_third(*arguments: object) -> None:
        if Article.objects.exists() and ImportLine.objects.count() == 2:
            raise SystemExit("killed")
        real(*arguments)

    monkeypatch.setattr(runs, "_import_item", dies_at_the_third)
    with pytest.raises(SystemExit):
        runs.work_on(run.pk)
    assert Article.objects.count() == 1 and ImportRun.objects.get().is_open
    runs.work_on(run.pk)
    assert Article.objects.count() == 1, "while its worker may live, nobody else takes it"
    monkeypatch.setattr(runs, "_import_item", real)
    ImportRun.objects.update(beat_at=timezone.now() - timedelta(seconds=runs.ABANDONED_SECONDS + 1))
    assert runs.abandoned() == [run.pk]
    run = worked(run)
    assert (run.state, counts(run), run.indexed) == ("done", (2, 0, 0, 0, 0, 1), 2)
    assert sorted(lines(run)) == [
        ("created", "faq.jsonl line 1"),
        ("created", "faq.jsonl line 3"),
        ("failed", "faq.jsonl line 2"),
    ]


def test_a_run_that_kills_its_workers_is_given_up() -> None:
    run = files_run(faq_jsonl=LINES)
    long_ago = timezone.now() - timedelta(hours=1)
    ImportRun.objects.update(state="reading", beat_at=long_ago, attempt=runs.ATTEMPTS_MAX)
    assert runs.abandoned() == []
    run.refresh_from_db()
    assert run.state == "failed" and "died" in run.problem


def test_a_worker_that_was_replaced_writes_nothing_more(monkeypatch) -> None:
    run = files_run(faq_jsonl=LINES)
    real = runs._import_item

    def replaced(ours: ImportRun, *arguments: object) -> None:
        ImportRun.objects.update(attempt=9)
        real(ours, *arguments)

    monkeypatch.setattr(runs, "_import_item", replaced)
    run = worked(run)
    assert run.is_open and not Article.objects.exists() and not run.lines.exists()


def test_a_cancelled_run_keeps_what_is_stored(monkeypatch) -> None:
    run = files_run(faq_jsonl=LINES)
    real = runs._import_item

    def cancelled_after_one(ours: ImportRun, *arguments: object) -> None:
        real(ours, *arguments)
        assert runs.cancel(ours) is True

    monkeypatch.setattr(runs, "_import_item", cancelled_after_one)
    run = worked(run)
    assert (run.state, counts(run)) == ("cancelled", (1, 0, 0, 0, 0, 0)) and Article.objects.count() == 1
    assert runs.cancel(run) is False


def test_a_surprise_ends_the_run_with_a_word(monkeypatch) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(runs, "_import_item", broken)
    run = worked(files_run(faq_jsonl=LINES))
    assert run.state == "failed" and "ZeroDivisionError" in run.problem


def test_a_conflict_is_told_and_counted() -> None:
    worked(files_run(faq_jsonl=LINES))
    Article.objects.filter(external_id="a").update(body="Ours.")
    run = worked(files_run(faq_jsonl=LINES.replace(b"30 days", b"14 days")))
    assert counts(run) == (0, 0, 1, 0, 1, 1) and ("conflict", "faq.jsonl line 1") in lines(run)
    assert Article.objects.get(external_id="a").body == "Ours."


# Web site ---------------------------------------------------------------------------------------------------------


def page(title: str, words: str) -> str:
    return (
        f"<html lang='en'><head><title>{title} | Help</title></head><body><nav>Home Shop Basket</nav>"
        f"<article><h1>{title}</h1><p>{words}</p></article><footer>All rights reserved</footer></body></html>"
    )


def test_a_site_is_imported_by_its_sitemap(web: Web) -> None:
    web.page("/returns", page("Returns", "You can send it back within thirty days. Use the label in the parcel."))
    web.page("/manual.pdf", pdf([["Descale it."]], title="Manual"), content_type="application/pdf")
    web.page("/private/x", page("Secret", "Not for programs."))
    web.page("/robots.txt", "User-agent: *\nDisallow: /private", content_type="text/plain")
    web.page("/picture", b"\x89PNG", content_type="image/png")
    run = worked(site_run(web.sitemap("/returns", "/manual.pdf", "/private/x", "/missing", "/picture")))
    assert (run.state, counts(run), run.total) == ("done", (2, 0, 0, 0, 0, 3), 5)
    article = Article.objects.get(external_id=f"{web.url}/returns")
    assert (article.title, article.url, article.language) == ("Returns", f"{web.url}/returns", "en")
    assert "thirty days" in article.body and "Basket" not in article.body and "rights" not in article.body
    assert Article.objects.get(title="Manual").url == f"{web.url}/manual.pdf"
    told = dict(run.lines.filter(outcome="failed").values_list("place", "words"))
    assert "robots.txt" in told[f"{web.url}/private/x"] and "404" in told[f"{web.url}/missing"]
    assert "image/png" in told[f"{web.url}/picture"]
    assert "/private/x" not in [path for path, _ in web.asked]


def test_sitemaps_of_sitemaps_and_lists_are_read_and_other_sites_left_alone(web: Web) -> None:
    web.page("/a", page("A", "First words of a page."))
    web.page("/b", page("B", "Second words of a page."))
    web.page("/list.txt", f"{web.url}/a\n{web.url}/b\nhttp://elsewhere.example/c", content_type="text/plain")
    index = f"<sitemapindex><sitemap><loc>{web.url}/list.txt</loc></sitemap></sitemapindex>"
    web.page("/sitemap.xml", index, content_type="application/xml")
    run = worked(site_run(f"{web.url}/sitemap.xml"))
    assert counts(run) == (2, 0, 0, 0, 0, 1)
    assert run.lines.get(outcome="failed").place == "http://elsewhere.example/c"


@pytest.mark.parametrize(("path", "words"), [("/sitemap.xml", "answered 404"), ("/page", "is no sitemap")])
def test_an_address_without_a_sitemap_is_told(web: Web, path: str, words: str) -> None:
    web.page("/page", page("A", "words"))
    run = worked(site_run(f"{web.url}{path}"))
    assert run.state == "failed" and words in run.problem


def test_a_private_site_is_refused_unless_it_is_named(web: Web, settings) -> None:
    settings.FETCH_PRIVATE_HOSTS = []
    run = worked(site_run(web.sitemap("/a")))
    assert run.state == "failed" and "private address" in run.problem and web.asked == []


def test_a_page_that_is_gone_is_archived_and_one_that_is_only_missing_stays(web: Web) -> None:
    web.page("/a", page("A", "First words of a page."))
    web.page("/b", page("B", "Second words of a page."))
    worked(site_run(web.sitemap("/a", "/b"), keep_fresh=True))
    run = worked(site_run(web.sitemap("/a"), keep_fresh=True))
    assert counts(run) == (0, 0, 1, 0, 0, 0)
    del web.answers["/b"]
    run = worked(site_run(web.sitemap("/a"), keep_fresh=True))
    assert counts(run) == (0, 0, 1, 1, 0, 0)
    assert Article.objects.get(title="B").status == "archived"


def test_sources_that_are_kept_up_to_date_come_again_by_the_clock(web: Web, monkeypatch) -> None:
    started: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_import", started.append)
    web.page("/a", page("A", "First words of a page."))
    first = worked(site_run(web.sitemap("/a"), keep_fresh=True))
    tasks.tend_imports()
    assert started == []
    ImportRun.objects.update(created_at=timezone.now() - timedelta(days=1))
    tasks.tend_imports()
    again = ImportRun.objects.first()
    assert started == [again.pk] and again.pk != first.pk
    assert (again.address, again.collection, again.keep_fresh, again.started_by) == (first.address, "site", True, None)
    tasks.tend_imports()
    assert started == [again.pk], "one at a time"


# The page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def enqueued(monkeypatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks.run_import, "delay", ids.append)
    return ids


FORM = {"kind": "files", "status": "published"}


def test_files_sent_through_the_page_become_a_run_that_tells_itself(
    admin_client, admin_user, enqueued, django_capture_on_commit_callbacks
) -> None:
    upload = SimpleUploadedFile("faq.jsonl", LINES)
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(
            "/admin/knowledge/importrun/add/", FORM | {"files": [upload], "collection": "help", "tiers": "pro, gold"}
        )
    run = ImportRun.objects.get()
    assert (answer.status_code, enqueued, run.started_by) == (302, [run.pk], admin_user)
    assert 'data-open="1"' in admin_client.get(answer.url).content.decode()
    tasks.run_import(run.pk)
    report = admin_client.get(answer.url).content.decode()
    assert "faq.jsonl line 2" in report and "is not JSON" in report and "data-open" not in report
    assert Article.objects.get(external_id="a").audience_tiers == ["pro", "gold"]
    assert Article.objects.get(external_id="a").history.get().history_user == admin_user
    assert admin_client.get("/admin/knowledge/importrun/").status_code == 200


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose at least one file."),
        ({"kind": "site", "site": "example.com"}, "A link must start with"),
        ({"kind": "intercom"}, "No Intercom workspace is connected"),
        ({"tiers": "x" * 101}, "A tier has at most 100 characters."),
    ],
)
def test_what_is_missing_is_told_beside_its_field(admin_client, data: dict[str, str], words: str) -> None:
    assert words in admin_client.post("/admin/knowledge/importrun/add/", FORM | data).content.decode()
    assert not ImportRun.objects.exists()


def test_people_without_the_right_do_not_import(client, django_user_model) -> None:
    client.force_login(django_user_model.objects.create_user("staff", is_staff=True))
    run = site_run("https://example.com/sitemap.xml")
    assert client.get("/admin/knowledge/importrun/add/").status_code == 403
    for action in ("cancel", "again"):
        assert client.post(f"/admin/knowledge/importrun/{run.pk}/{action}/").status_code == 403


def test_a_run_is_cancelled_and_repeated_from_its_page(
    admin_client, enqueued, django_capture_on_commit_callbacks
) -> None:
    run = site_run("https://example.com/sitemap.xml")
    admin_client.post(f"/admin/knowledge/importrun/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.cancel_requested
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"/admin/knowledge/importrun/{run.pk}/again/")
    assert ImportRun.objects.count() == 2 and enqueued == [ImportRun.objects.first().pk]


def test_a_conflict_is_shown_side_by_side_and_decided(admin_client, enqueued) -> None:
    worked(files_run(faq_jsonl=LINES))
    Article.objects.filter(external_id="a").update(body="Ours.")
    worked(files_run(faq_jsonl=LINES.replace(b"30 days", b"14 days")))
    conflict = ArticleSource.objects.get(theirs__isnull=False)
    assert "Refunds" in admin_client.get("/admin/knowledge/articlesource/").content.decode()
    shown = admin_client.get(f"/admin/knowledge/articlesource/{conflict.pk}/change/").content.decode()
    assert "<del>" in shown and "Within 14 days" in shown
    admin_client.post(f"/admin/knowledge/articlesource/{conflict.pk}/decide/", {"decision": "theirs"})
    assert Article.objects.get(external_id="a").body == "Within 14 days."
    assert not ArticleSource.objects.filter(theirs__isnull=False).exists()
