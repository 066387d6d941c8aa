"""Windows as people open them: a customer's messenger, a colleague's desk; what goes wrong in them is written down."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Response, expect

from config.supervisor import System

WAIT_MILLISECONDS = 10_000
DESKTOP = {"width": 1280, "height": 720}
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


COLLEAGUE, COLLEAGUES_PASSWORD = "jun", "a second colleague"


class Profiles:
    """Browser profiles, lent to one window at a time: making one costs more than three pages.

    One that comes back is emptied, but for the files of the pages: it is as good as new, and quicker.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = defaultdict(list)
        self._lent: dict[BrowserContext, str] = {}

    def window(self, address: str, *, cookies: Any, **options: Any) -> Page:
        """A window that will show `address`, of a browser that holds `cookies` and remembers nothing else."""
        kind = repr(sorted(options.items()))
        profile = self._free[kind].pop() if self._free[kind] else self._browser.new_context(**options)
        self._lent[profile] = kind
        profile.clear_cookies()
        profile.add_cookies(cookies)
        page = profile.new_page()
        with_origin = {"origin": "/".join(address.split("/")[:3]), "storageTypes": "local_storage,indexeddb"}
        profile.new_cdp_session(page).send("Storage.clearDataForOrigin", with_origin)
        return page

    def give_back(self, page: Page) -> None:
        profile = page.context
        for one in profile.pages:
            one.close()
        profile.set_offline(False)
        self._free[self._lent.pop(profile)].append(profile)


class Windows:
    def __init__(self, profiles: Profiles, system: System, signed_in: Mapping[str, Any]) -> None:
        """`signed_in`: cookies of each colleague, by name."""
        self._profiles, self._system, self._signed_in = profiles, system, signed_in
        self._pages: list[Page] = []
        self.troubles: list[str] = []

    def messenger(self, **options: Any) -> Messenger:
        """A new customer's browser; `options` as for a Playwright context."""
        page = self._open(f"{self._system.sandbox_url}/", **options)
        expect(page.locator("#link")).to_have_class("link live")
        return Messenger(page)

    def staff(self, path: str = "/desk/", **options: Any) -> Page:
        """The browser of a colleague who is signed in."""
        return self._open(self._system.url + path, cookies=self._signed_in["admin"], **options)

    def colleague(self, path: str = "/desk/", **options: Any) -> Page:
        """The browser of a second one, who may do what the first may."""
        return self._open(self._system.url + path, cookies=self._signed_in[COLLEAGUE], **options)

    def address(self, path: str) -> str:
        """Of the platform's own pages."""
        return self._system.url + path

    def close(self) -> None:
        for page in self._pages:
            self._profiles.give_back(page)

    def _open(self, address: str, *, cookies: Any = (), viewport: Any = None, **options: Any) -> Page:
        page = self._profiles.window(address, cookies=cookies, **{"locale": "en-GB", **options})
        page.set_viewport_size(viewport or DESKTOP)
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
