"""Pure: the link to the very page of a PDF on which a passage stands. Imports head each page with `## Page N`."""

import re
from typing import Final
from urllib.parse import urlsplit

from knowledge.chunking import HEADING_SEPARATOR

_PAGE: Final = re.compile(r"Page (\d{1,5})(?::|$)")
_HEADING: Final = re.compile(r"^## Page (\d{1,5})(?::|$)", re.MULTILINE)


def link_to_page(url: str, *, heading_path: str, text: str) -> str:
    """`url` with `#page=N` where it leads to a PDF and the passage says on which page it begins; else `url`."""
    if not url or "#" in url or not urlsplit(url).path.lower().endswith(".pdf"):
        return url
    pages = [found for name in heading_path.split(HEADING_SEPARATOR) if (found := _PAGE.match(name))]
    # A chunk over several short pages has no page of its own in its path: it begins on the first that it names.
    page = pages[-1] if pages else _HEADING.search(text)
    return f"{url}#page={page[1]}" if page is not None else url
