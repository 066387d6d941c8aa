"""One Chromium and one running system for all tests of this folder; each test brings windows of its own."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from config.supervisor import System
from tests.acceptance.running_system import running_system
from tests.browser import sample_shelf
from tests.browser.windows import Windows

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium here (apt install chromium): nobody looked at the pages in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def system(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Started only where there is a browser to look at it."""
    folder = tmp_path_factory.mktemp("browser")
    with running_system(folder, durable=False) as running:
        sample_shelf.fill(running, folder)
        yield running


@pytest.fixture(scope="package")
def signed_in(chromium: Browser, system: System) -> dict[str, object]:
    """Cookies of a member of staff who signed in through the form."""
    assert system.admin_password is not None
    page = chromium.new_page()
    page.goto(f"{system.url}/desk/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(system.admin_password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{system.url}/desk/")
    state = page.context.storage_state()
    page.context.close()
    return dict(state)


@pytest.fixture
def windows(chromium: Browser, system: System, signed_in: dict[str, object]) -> Iterator[Windows]:
    """Opens windows; the test fails when a script, the content policy or a request went wrong in one."""
    opened = Windows(chromium, system, signed_in)
    yield opened
    opened.close()
    assert opened.troubles == []
