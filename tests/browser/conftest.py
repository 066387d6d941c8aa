"""One Chromium and one running system for all tests of this folder; each test brings windows of its own."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from config.supervisor import System
from tests.acceptance.running_system import running_system
from tests.browser import sample_shelf
from tests.browser.windows import COLLEAGUE, COLLEAGUES_PASSWORD, Profiles, Windows

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
    with running_system(folder, durable=False, content=sample_shelf.script(folder) + _COLLEAGUE) as running:
        yield running


_COLLEAGUE = f"""
from django.contrib.auth.models import User
User.objects.create_superuser({COLLEAGUE!r}, password={COLLEAGUES_PASSWORD!r})
"""


@pytest.fixture(scope="package")
def signed_in(chromium: Browser, system: System) -> dict[str, object]:
    """Cookies of two members of staff who signed in through the form, by name."""
    assert system.admin_password is not None
    cookies: dict[str, object] = {}
    for name, password in (("admin", system.admin_password), (COLLEAGUE, COLLEAGUES_PASSWORD)):
        page = chromium.new_page()
        page.goto(f"{system.url}/desk/")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{system.url}/desk/")
        cookies[name] = page.context.cookies()
        page.context.close()
    return cookies


@pytest.fixture(scope="package")
def profiles(chromium: Browser) -> Profiles:
    return Profiles(chromium)


@pytest.fixture
def windows(profiles: Profiles, system: System, signed_in: dict[str, object]) -> Iterator[Windows]:
    """Opens windows; the test fails when a script, the content policy or a request went wrong in one."""
    opened = Windows(profiles, system, signed_in)
    yield opened
    opened.close()
    assert opened.troubles == []
