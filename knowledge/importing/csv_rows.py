"""CSV: a row an article; the first row names the columns. Commas, semicolons and tabs are told apart by that row."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from knowledge.conf import ARTICLE_MAX_CHARACTERS
from knowledge.errors import FileUnreadable
from knowledge.importing.drafts import ID_MAX_CHARACTERS, FoundArticle, ImportOptions, Problem, ReadItem, checked

#: Other names that question-and-answer tables have.
_OTHER_NAMES: Final = {"question": "title", "answer": "body", "link": "url", "body_markdown": "body"}
_KNOWN: Final = frozenset(
    {"id", "title", "body", "language", "url", "status", "visibility", "collection", "audience", "tiers"}
)
_SEPARATED: Final = re.compile(r"[;,|]")

# The module's limit is one for the whole process: a little more than the longest body, so that our own check speaks.
csv.field_size_limit(4 * ARTICLE_MAX_CHARACTERS)


def read_csv(text: str, place: str, options: ImportOptions) -> Iterator[ReadItem]:
    """One item for each row. Raises `FileUnreadable` where the first row does not name the columns."""
    rows = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=_delimiter(text), strict=True)
    try:
        names = _columns(next(rows, []))
    except csv.Error as error:
        raise FileUnreadable(f"is not CSV: {error}, in the first row") from error
    number = 1
    while True:
        number += 1
        where = f"{place} row {number}"
        try:
            row = next(rows, None)
        except csv.Error as error:
            # After an open quotation mark nobody knows where the next row begins.
            yield Problem(place=where, field="row", problem=f"is not CSV: {error}; the rows after it were not read")
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(names):
            problem = f"has {len(row)} cells for {len(names)} columns; put texts with commas into quotation marks"
            yield Problem(place=where, field="row", problem=problem)
            continue
        yield _item(dict(zip(names, row, strict=False)), where, options)


def _item(cells: Mapping[str, str], where: str, options: ImportOptions) -> ReadItem:
    fields: dict[str, object] = {name: cell for name, cell in cells.items() if cell.strip()}
    if "tiers" in fields:
        fields["tiers"] = [tier.strip() for tier in _SEPARATED.split(cells["tiers"]) if tier.strip()]
    if "audience" in fields:
        try:
            fields["audience"] = json.loads(cells["audience"])
        except (ValueError, RecursionError):
            return Problem(place=where, field="audience", problem='must be JSON such as {"tiers": ["gold"]}')
    # Without a name of its own a row is known by its title: rows may move, questions seldom change.
    defaults = {"id": cells.get("title", "").strip()[:ID_MAX_CHARACTERS]}
    return checked(FoundArticle(fields=fields, defaults=defaults, place=where), options)


def _delimiter(text: str) -> str:
    first = text[: text.find("\n")] if "\n" in text else text
    return max(",;\t", key=lambda mark: (first.count(mark), mark == ","))


def _columns(row: list[str]) -> list[str]:
    names = [_OTHER_NAMES.get(name := cell.strip().lower().lstrip("\ufeff"), name) for cell in row]
    if "title" not in names or "body" not in names:
        raise FileUnreadable("must name the columns title and body (or question and answer) in its first row")
    twice = sorted({name for name in names if name in _KNOWN and names.count(name) > 1})
    if twice:
        raise FileUnreadable(f"names the column {twice[0]} twice")
    return names
