"""Staff import articles: the page shows what fits the choice, follows the run, and tells what went wrong and where."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows
from tests.unit.knowledge.documents import pdf, zipped

#: The first test waits for the whole system to start.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

START = "/admin/knowledge/importrun/add/"
TELEPHONE = {"width": 380, "height": 800}
CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("import") / "manuals.zip"
    files = {"kettle.pdf": pdf([["Descale it every month."]], title="Kettle"), "locked.pdf": pdf([["x"]], password="y")}
    path.write_bytes(zipped(files | {"returns.md": "# Returns\n\nWithin 30 days.", "faq.csv": "title,body\nA,b,c\n"}))
    return path


def _imported(page: Page, archive: Path) -> Page:
    page.locator("[name=files]").set_input_files(archive)
    page.locator("[name=collection]").fill("Manuals")
    page.locator("#import-form button[type=submit]").click()
    expect(page.locator("#import-report")).not_to_have_attribute("data-open", "1")
    return page


def test_files_are_imported_and_the_page_follows_by_itself(windows: Windows, archive: Path) -> None:
    page = windows.staff(START)
    expect(page.locator("[name=site]")).to_be_hidden()
    _imported(page, archive)
    expect(page.locator("#import-report .tag").first).to_have_text("done")
    failed = page.locator(".card.line")
    expect(failed).to_have_count(2)
    expect(failed.filter(has_text="manuals.zip › locked.pdf")).to_contain_text("password")
    expect(failed.filter(has_text="manuals.zip › faq.csv row 2")).to_contain_text("3 cells for 2 columns")
    page.locator("a.tag", has_text="newly stored").click()
    page.locator(".card.line", has_text="kettle.pdf").locator("a").click()
    expect(page.locator("[name=title]")).to_have_value("Kettle")


def test_the_help_centre_of_the_sandbox_is_one_click_away(windows: Windows) -> None:
    page = windows.staff(START)
    page.locator("[name=kind][value=intercom]").check()
    expect(page.locator("[name=files]")).to_be_hidden()
    expect(page.locator("[name=workspace] option")).not_to_have_count(0)
    page.locator("#import-form button[type=submit]").click()
    expect(page.locator("#import-report .tag").first).to_have_text("done")


def test_what_is_missing_is_told_beside_its_field(windows: Windows) -> None:
    page = windows.staff(START)
    page.locator("[name=kind][value=site]").check()
    page.locator("#import-form button[type=submit]").click()
    expect(page.locator(".field.wrong")).to_contain_text("https://")
    expect(page.locator("[name=kind][value=site]")).to_be_checked()


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_pages_fit_a_telephone_and_speak_the_readers_language(windows: Windows, archive: Path, locale: str) -> None:
    page = windows.staff(START, viewport=TELEPHONE, locale=locale)
    for _page in ("start", "report"):
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        headings = page.locator(".hr h2").all_inner_texts()
        assert headings and all(bool(CHINESE.search(heading)) is (locale == "zh-CN") for heading in headings)
        if _page == "start":
            _imported(page, archive)
