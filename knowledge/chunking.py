"""Pure: a Markdown article -> chunks that follow headings, lists, tables and code blocks.

Promises: `body[chunk.start:chunk.end] == chunk.text`; chunks stand in order and never overlap; whatever is not covered
is whitespace; no chunk is longer than CHUNK_MAX_CHARACTERS, and one longer than CHUNK_TARGET_CHARACTERS holds a table,
a code block, or a heading with what follows it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from markdown_it import MarkdownIt

from knowledge.conf import CHUNK_LEAST_CHARACTERS, CHUNK_MAX_CHARACTERS, CHUNK_TARGET_CHARACTERS

HEADING_SEPARATOR: Final = " > "
#: Characters that are parsed together, and at most for one block; they bound the memory, not what is found.
PARSED_CHARACTERS: Final = 50_000
PARSED_MAX_CHARACTERS: Final = 400_000
_HEADING_MAX_CHARACTERS: Final = 120
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SENTENCE_END: Final = re.compile(r"[.!?…][\"'”’)\]]*\s|[。！？；]|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDraft:
    """A chunk before it is stored. Offsets count characters of the body; `end` is exclusive."""

    start: int
    end: int
    text: str
    heading_path: str  #: "Refunds > Annual plans"; the headings that all of the chunk stands under; may be ''


class _Kind(Enum):
    TEXT = "text"
    HEADING = "heading"
    WHOLE = "whole"  # a table or code block: not cut if it fits into CHUNK_MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece that is never cut again, without whitespace at its edges."""

    kind: _Kind
    start: int
    end: int
    path: tuple[str, ...]


def chunk_article(body: str) -> list[ChunkDraft]:
    """All chunks of `body`, in order; none for a body of whitespace."""
    return [
        ChunkDraft(
            start=units[0].start,
            end=units[-1].end,
            text=body[units[0].start : units[-1].end],
            heading_path=HEADING_SEPARATOR.join(_common_path(units)),
        )
        for units in _packed(_units(body))
    ]


def _packed(units: Iterable[_Unit]) -> Iterator[list[_Unit]]:
    """Neighbours together: as much as fits, a new chunk at each heading once there is enough text."""
    current: list[_Unit] = []
    for unit in units:
        if current:
            length = unit.end - current[0].start
            only_headings = all(one.kind is _Kind.HEADING for one in current)
            ample = current[-1].end - current[0].start >= CHUNK_LEAST_CHARACTERS
            limit = CHUNK_MAX_CHARACTERS if only_headings else CHUNK_TARGET_CHARACTERS
            new_section = unit.kind is _Kind.HEADING and not only_headings and ample
            if length > limit or new_section:
                # Headings at the end go with what follows them, not with what stands before.
                keep = len(current)
                while current[keep - 1].kind is _Kind.HEADING and not only_headings:
                    keep -= 1
                if keep < len(current) and unit.end - current[keep].start > CHUNK_MAX_CHARACTERS:
                    keep = len(current)
                yield current[:keep]
                current = current[keep:]
        current.append(unit)
    if current:
        yield current


def _common_path(units: list[_Unit]) -> tuple[str, ...]:
    paths = [unit.path for unit in units if unit.kind is not _Kind.HEADING] or [units[-1].path]
    common = paths[0]
    for path in paths[1:]:
        length = 0
        while length < min(len(common), len(path)) and common[length] == path[length]:
            length += 1
        common = common[:length]
    return common


def _units(body: str) -> Iterator[_Unit]:
    starts = [0, *(found.end() for found in _LINE_END.finditer(body))]
    path: list[tuple[int, str]] = []
    for block in _blocks(body, starts):
        begin, stop = starts[block.first], starts[block.last] if block.last < len(starts) else len(body)
        if block.kind is _Kind.HEADING and block.title:
            path = [*(entry for entry in path if entry[0] < block.level), (block.level, block.title)]
        names = tuple(name for _, name in path)
        for start, end in _pieces(body, begin, stop, whole=block.kind is _Kind.WHOLE):
            yield _Unit(block.kind, start, end, names)


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of the top level: lines `first` up to `last` (exclusive), and for a heading its level and words."""

    kind: _Kind
    first: int
    last: int
    level: int = 0
    title: str = ""


def _blocks(body: str, starts: list[int]) -> Iterator[_Block]:
    """The blocks of the top level in order, without gaps between their lines.

    The parser needs a thousand bytes for each list item or cell, so a long body is parsed window by window. A block
    that began in one window may go on behind it: the next window begins with it, and grows while it holds nothing else.
    Only a single block of more than PARSED_MAX_CHARACTERS is cut, and its rest is read as if it began anew.
    """
    done, size = 0, PARSED_CHARACTERS
    while done < len(starts):
        last = max(done + 1, bisect_right(starts, starts[done] + size))
        stop = starts[last] if last < len(starts) else len(body)
        blocks = _parsed(body[starts[done] : stop], last - done)
        if last < len(starts):
            if len(blocks) > 1:
                blocks.pop()
            elif size < PARSED_MAX_CHARACTERS:
                size = min(2 * size, PARSED_MAX_CHARACTERS)
                continue
        yield from (replace(block, first=block.first + done, last=block.last + done) for block in blocks)
        done, size = done + blocks[-1].last, PARSED_CHARACTERS


def _parsed(text: str, lines: int) -> list[_Block]:
    """Lines that the parser gives to no block (definitions of links, for one) are blocks of text of their own."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # what stands inside a line does not matter here
    found: list[_Block] = []
    done = 0
    tokens = parser.parse(text)
    for index, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0:
            continue
        first, last = max(token.map[0], done), min(token.map[1], lines)
        if last <= first:
            continue
        if first > done:
            found.append(_Block(_Kind.TEXT, done, first))
        if token.type == "heading_open":
            title = " ".join(tokens[index + 1].content.split())[:_HEADING_MAX_CHARACTERS]
            found.append(_Block(_Kind.HEADING, first, last, int(token.tag[1]), title))
        elif token.type in ("fence", "code_block", "table_open"):
            found.append(_Block(_Kind.WHOLE, first, last))
        else:
            found.append(_Block(_Kind.TEXT, first, last))
        done = last
    if done < lines:
        found.append(_Block(_Kind.TEXT, done, lines))
    return found


def _pieces(body: str, start: int, end: int, *, whole: bool) -> Iterator[tuple[int, int]]:
    """Cuts body[start:end] where it is too long: at the last sentence or line that fits, else at a space, else hard."""
    limit = CHUNK_TARGET_CHARACTERS
    while True:
        edges = _trimmed(body, start, end)
        if edges is None:
            return
        start, end = edges
        if end - start <= (CHUNK_MAX_CHARACTERS if whole else limit):
            yield start, end
            return
        cut = _cut(body, start, start + limit, lines_only=whole)
        kept = _trimmed(body, start, cut)
        if kept is not None:
            yield kept
        start = cut


def _cut(body: str, start: int, limit: int, *, lines_only: bool) -> int:
    """The best place to cut body[start:limit], after `start`; a cut in its first third would leave crumbs."""
    least = start + (limit - start) // 3
    line = body.rfind("\n", least, limit)
    if lines_only and line > 0:
        return line + 1
    best = 0
    for found in _SENTENCE_END.finditer(body, least, limit):
        best = found.end()
    if best:
        return best
    space = max(body.rfind(" ", least, limit), body.rfind("\t", least, limit))
    return space + 1 if space > 0 else limit


def _trimmed(body: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and body[start].isspace():
        start += 1
    while end > start and body[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None
