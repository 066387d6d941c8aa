"""Windows as people open them: a customer's messenger, a colleague's desk; what goes wrong in them is written down."""

from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Response, expect

from config.supervisor import System

WAIT_MILLISECONDS = 10_000
expect.set_options(timeout=WAIT_MILLISECONDS)


class Messenger:
    """The sandbox's page with one or more customers side by side."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def panel(self, number: int = 0) -> "Panel":
        return Panel(self.page.locator(".panel").nth(number))

    def add_customer(self) -> "Panel":
        self.page.locator("#add").click()
        return Panel(self.page.locator(".panel").last)


class Panel:
    """One customer's conversation."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.said = root.locator(".parts")
        self.bot = root.locator(".part.bot")
        self.teammate = root.locator(".part.teammate")

    def write(self, words: str) -> None:
        self.root.locator("textarea").fill(words)
        self.root.locator("textarea").press("Enter")
        expect(self.root.locator("textarea")).to_have_value("")

    def write_as_teammate(self, words: str) -> None:
        self.root.locator(".as-teammate").click()
        self.write(words)
        self.root.locator(".as-customer").click()


_COLLEAGUE = """
from django.contrib.auth.models import User
User.objects.create_superuser("jun", password="a second colleague")
"""


class Windows:
    _colleague: dict[str, Any] = {}

    def __init__(self, browser: Browser, system: System, signed_in: dict[str, Any]) -> None:
        self._browser, self._system, self._signed_in = browser, system, signed_in
        self._pages: list[Page] = []
        self.troubles: list[str] = []

    def messenger(self, **options: Any) -> Messenger:
        """A new customer's browser; `options` as for a Playwright context."""
        page = self._open(f"{self._system.sandbox_url}/", **options)
        expect(page.locator("#link")).to_have_class("link live")
        return Messenger(page)

    def staff(self, path: str = "/desk/", **options: Any) -> Page:
        """The browser of a colleague who is signed in."""
        return self._open(self._system.url + path, storage_state=self._signed_in, **options)

    def colleague(self, path: str = "/desk/", **options: Any) -> Page:
        """The browser of a second one, who may do what the first may."""
        if not Windows._colleague:
            self._system.manage("shell", "-c", _COLLEAGUE)
            page = self._browser.new_context().new_page()
            page.goto(f"{self._system.url}/desk/")
            page.locator("[name=username]").fill("jun")
            page.locator("[name=password]").fill("a second colleague")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{self._system.url}/desk/")
            Windows._colleague = dict(page.context.storage_state())
            page.context.close()
        return self._open(self._system.url + path, storage_state=Windows._colleague, **options)

    def address(self, path: str) -> str:
        """Of the platform's own pages."""
        return self._system.url + path

    def close(self) -> None:
        for page in self._pages:
            page.context.close()

    def _open(self, address: str, **options: Any) -> Page:
        page = self._browser.new_context(**{"locale": "en-GB", **options}).new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("console", self._note_console)
        page.on("pageerror", self._note_error)
        page.on("response", self._note_response)
        self._pages.append(page)
        page.goto(address)
        return page

    def _note_console(self, message: ConsoleMessage) -> None:
        # Chromium reports a violation of the content policy as an error, too.
        if message.type in ("error", "warning"):
            self.troubles.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _note_error(self, error: Error) -> None:
        self.troubles.append(f"script: {error.message}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")
