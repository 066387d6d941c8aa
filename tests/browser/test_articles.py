"""Keeping articles in a browser: the live preview, what changed, back again, and one of two that say the same."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.supervisor import System
from tests.browser.windows import Windows

#: The first test waits for the whole system to start.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ARTICLES = "/admin/knowledge/article/"
TELEPHONE = {"width": 380, "height": 800}

PAIR = """
from knowledge.duplicates import compare
from knowledge.ingestion import refresh_article
from knowledge.models import Article
first = Article.objects.get(external_id="en-customs")
second = Article.objects.create(
    collection=first.collection, external_id="en-customs-copy", title="Customs, again", body=first.body + "\\nAgain.",
    language="en", status="published",
)
refresh_article(second)
assert compare([first.pk, second.pk]) == 1
"""


def _new_article(windows: Windows, title: str) -> Page:
    page = windows.staff(f"{ARTICLES}add/")
    page.locator("[name=title]").fill(title)
    page.locator("[name=collection]").select_option(index=1)
    return page


def _saved(page: Page) -> None:
    page.locator("[name=_continue]").first.click()
    page.wait_for_url(re.compile(r"/article/\d+/change/"))


def test_an_article_is_written_beside_its_preview_changed_and_restored(windows: Windows) -> None:
    page = _new_article(windows, "Opening hours")
    area, preview = page.locator("[name=body]"), page.locator(".editor-preview")
    area.fill("We open at **nine**. <script>document.title = 'broken in'</script>")
    expect(preview.locator("strong")).to_have_text("nine")
    expect(preview).to_contain_text("<script>")
    assert page.title() != "broken in"
    area.press("Control+A")
    page.locator(".editor-bar [data-wrap='`']").click()
    expect(preview.locator("code")).to_be_visible()
    area.fill("We open at nine.\n\nCome in.")
    page.locator("[name=status]").select_option("published")
    _saved(page)
    expect(page.locator(".index-state[data-state=ready]")).to_be_visible()  # without a reload

    page.locator("[name=body]").fill("We open at ten.\n\nCome in.")
    _saved(page)
    article = page.url.removesuffix("change/")
    page.goto(f"{article}history/")
    expect(page.locator("a.card")).to_have_count(2)
    page.locator("a.card").first.click()
    expect(page.locator(".difference del")).to_have_text("nine")
    expect(page.locator(".difference ins")).to_have_text("ten")
    page.goto(f"{article}history/")
    page.locator("a.card").last.click()
    page.locator("button.main").click()
    page.wait_for_url(re.compile(r"/article/\d+/change/"))
    expect(page.locator("[name=body]")).to_have_value("We open at nine.\n\nCome in.")


def test_the_editor_fits_a_telephone_and_switches_to_its_preview(windows: Windows) -> None:
    page = windows.staff(f"{ARTICLES}add/", viewport=TELEPHONE)
    page.locator("[name=body]").fill("# Hello")
    expect(page.locator(".editor-preview")).to_be_hidden()
    page.locator("[data-show=preview]").click()
    expect(page.locator(".editor-preview h1")).to_have_text("Hello")
    expect(page.locator("[name=body]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_of_two_that_say_the_same_one_is_kept(windows: Windows, system: System) -> None:
    system.manage("shell", "--no-imports", "-c", PAIR)
    page = windows.staff("/admin/knowledge/duplicatepair/", viewport=TELEPHONE)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    pair = page.locator("form.pair", has_text="Customs, again")
    expect(pair.locator(".added").last).to_have_text("Again.")
    pair.locator(".side", has_not_text="Customs, again").locator("button").click()
    expect(page.locator("form.pair", has_text="Customs, again")).to_have_count(0)
    page.goto(windows.address(f"{ARTICLES}?status__exact=archived"))
    expect(page.locator("#result_list")).to_contain_text("Customs, again")


def test_the_api_is_described_without_a_foreign_server(windows: Windows) -> None:
    page = windows.staff("/api/docs/")
    expect(page.locator("#swagger-ui")).to_contain_text("/api/v1/articles/")
