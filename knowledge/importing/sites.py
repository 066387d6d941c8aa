"""A web site by its sitemap: the pages that the site itself lists, fetched politely, a few at a time."""

import html
import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from knowledge.errors import AddressRefused, FileUnreadable, SourceUnavailable
from knowledge.fetching import Fetched, Fetcher, unpacked
from knowledge.importing.converter import Converter
from knowledge.importing.drafts import FoundArticle, ImportOptions, Problem, ReadItem, checked
from knowledge.importing.files import found_in
from knowledge.importing.markdown_pages import read_markdown
from knowledge.importing.texts import decoded

SITE_MAX_PAGES: Final = 5_000
SITEMAPS_MAX: Final = 50
SITEMAP_MAX_BYTES: Final = 50_000_000  #: the protocol's own bound
PAGE_MAX_BYTES: Final = 10_000_000
PDF_MAX_BYTES: Final = 50_000_000
#: Pages that are fetched at the same time.
FETCHED_TOGETHER: Final = 4

_LOCATION: Final = re.compile(r"<loc\b[^>]{0,200}>\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,4000}?)\s*(?:\]\]>)?\s*</loc", re.I)
_INDEX: Final = re.compile(r"<(?:\w{1,40}:)?sitemapindex\b", re.I)
_URLSET: Final = re.compile(r"<(?:\w{1,40}:)?urlset\b", re.I)
_KINDS: Final = {
    "text/html": "page",
    "application/xhtml+xml": "page",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
_TEXTS: Final = ("text/markdown", "text/plain", "text/x-markdown")


@dataclass(slots=True, kw_only=True)
class Site:
    """The articles of one web site."""

    address: str
    options: ImportOptions
    fetcher: Fetcher
    converter: Converter
    on_total: Callable[[int], object] = field(default=lambda count: None)

    def origin(self) -> str:
        """A page is the same page in whichever sitemap it is listed."""
        return f"site/{_host(self.address)}"[:300]

    def items(self) -> Iterator[ReadItem]:
        """Raises `SourceUnavailable` where there is no sitemap."""
        pages, problems = self._pages()
        self.on_total(len(pages))
        yield from problems
        waiting: deque[tuple[str, Future[Fetched]]] = deque()
        rest = iter(pages)
        with ThreadPoolExecutor(FETCHED_TOGETHER, thread_name_prefix="fetch") as threads:
            try:
                for page in rest:
                    waiting.append((page, threads.submit(self._fetched, page)))
                    if len(waiting) >= FETCHED_TOGETHER:
                        yield self._item(*waiting.popleft())
                while waiting:
                    yield self._item(*waiting.popleft())
            finally:
                threads.shutdown(wait=True, cancel_futures=True)

    def is_gone(self, external_id: str) -> bool:
        """Whether the page itself says that it is no more. While nobody knows, it is not gone."""
        try:
            return self.fetcher.get(external_id, max_bytes=PAGE_MAX_BYTES).status in (404, 410)
        except SourceUnavailable:
            return False

    def _pages(self) -> tuple[list[str], list[Problem]]:
        """Addresses of pages in the order of the sitemaps, each once."""
        found: dict[str, None] = {}
        problems: list[Problem] = []
        sitemaps = deque([self.address])
        seen = {self.address}
        while sitemaps:
            address = sitemaps.popleft()
            try:
                locations, is_index = self._sitemap(address)
            except (SourceUnavailable, FileUnreadable) as error:
                if len(seen) == 1:
                    raise SourceUnavailable(f"{address} {error}") from error
                problems.append(Problem(place=address, field="sitemap", problem=str(error)))
                continue
            for location in locations:
                if not _is_same_site(location, self.address):
                    problem = f"is not on {_host(self.address)}; import that site by its own sitemap"
                    problems.append(Problem(place=location[:500], field="address", problem=problem))
                elif not is_index:
                    found.setdefault(location)
                elif location not in seen and len(seen) < SITEMAPS_MAX:
                    seen.add(location)
                    sitemaps.append(location)
        pages = list(found)
        if len(pages) > SITE_MAX_PAGES:
            problem = f"lists {len(pages)} pages; the first {SITE_MAX_PAGES} were read"
            problems.append(Problem(place=self.address, field="sitemap", problem=problem))
        return pages[:SITE_MAX_PAGES], problems

    def _sitemap(self, address: str) -> tuple[list[str], bool]:
        """(addresses in it, whether they are of further sitemaps)."""
        answer = self.fetcher.get(address, max_bytes=SITEMAP_MAX_BYTES)
        if answer.status != 200:
            raise SourceUnavailable(f"answered {answer.status}")
        text = decoded(unpacked(answer.body, max_bytes=SITEMAP_MAX_BYTES))
        locations = [html.unescape(location).partition("#")[0] for location in _LOCATION.findall(text)]
        if _INDEX.search(text[:10_000]):
            return locations, True
        if _URLSET.search(text[:10_000]):
            return locations, False
        lines = text.split()
        if lines and all(line.startswith(("https://", "http://")) for line in lines):
            return lines, False  # a sitemap may be a plain list
        listed = self.fetcher.sitemaps_of(address)
        if listed and address == self.address:
            return [place for place in listed if place != address], True
        raise SourceUnavailable("is no sitemap; give the address of the site's sitemap.xml")

    def _fetched(self, page: str) -> Fetched:
        if not self.fetcher.is_allowed(page):
            raise AddressRefused("is closed to programs by the site's robots.txt")
        return self.fetcher.get(page, max_bytes=PDF_MAX_BYTES if page.lower().endswith(".pdf") else PAGE_MAX_BYTES)

    def _item(self, page: str, fetch: "Future[Fetched]") -> ReadItem:
        try:
            answer = fetch.result()
            if answer.status != 200:
                raise SourceUnavailable(f"answered {answer.status}")
            if not _is_same_site(answer.url, self.address):
                raise AddressRefused(f"leads to {_host(answer.url)}, which is another site")
            return checked(self._found(page, answer), self.options)
        except (SourceUnavailable, FileUnreadable) as error:
            return Problem(place=page, field="page", problem=str(error), external_id=page[:500])

    def _found(self, page: str, answer: Fetched) -> FoundArticle:
        name = urlsplit(page).path.rstrip("/") or _host(page)
        if answer.content_type in _TEXTS:
            found = read_markdown(decoded(answer.body), name=name, place=page)
        elif kind := _KINDS.get(answer.content_type):
            document = self.converter.convert(kind, answer.body, url=answer.url, charset=answer.charset)
            found = found_in(document, name=name, place=page)
        else:
            raise FileUnreadable(f"is {answer.content_type or 'of no stated kind'}, which is not imported")
        # The page's address is its id, whatever it calls itself: it is what the sitemap promises to keep.
        return FoundArticle(
            fields={**found.fields, "id": page, "url": answer.url}, defaults=found.defaults, place=page, note=found.note
        )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _is_same_site(url: str, other: str) -> bool:
    return bool(_host(url)) and _host(url) == _host(other)
