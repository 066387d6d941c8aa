"""Pure: what changed between two texts, as lines with their words, in bounded time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from diff_match_patch import diff_match_patch

#: Seconds one comparison may take; what is not compared until then is shown as replaced as a whole.
COMPARE_SECONDS: Final = 1.0
#: Unchanged lines shown around a change.
CONTEXT_LINES: Final = 3
#: Lines shown at most; a longer difference ends with a note.
SHOWN_LINES: Final = 2_000

_WORDS: Final = re.compile(r"\s+|[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]|\w+|[^\w\s]")
#: Texts are compared as strings with one character for each distinct line or word; surrogates are no characters.
_FIRST_CODE: Final = 1
_SURROGATES: Final = (0xD800, 0xE000)
_CODES: Final = 0x110000 - (0xE000 - 0xD800) - _FIRST_CODE


class Kind(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    SKIPPED = "skipped"  #: stands for unchanged lines that are not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the old text (REMOVED), the new one (ADDED) or both (SAME), in pieces; the pieces make up the line."""

    kind: Kind
    pieces: tuple[Piece, ...]
    lines: int = 1  #: how many it stands for: more than 1 where SKIPPED

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def difference(before: str, after: str) -> list[Line]:
    """Every line of both texts, once each where unchanged. Removed lines stand before those that replace them."""
    lines: list[Line] = []
    parts = _compared(before.splitlines(keepends=True), after.splitlines(keepends=True))
    place = 0
    while place < len(parts):
        kind, tokens = parts[place]
        following = parts[place + 1] if place + 1 < len(parts) else None
        if kind == Kind.REMOVED and following is not None and following[0] == Kind.ADDED:
            lines += _changed("".join(tokens), "".join(following[1]))
            place += 2
            continue
        lines += [Line(kind=kind, pieces=(Piece(kind=Kind.SAME, text=text),)) for text in tokens]
        place += 1
    return lines


def with_context(lines: Sequence[Line], *, around: int = CONTEXT_LINES, most: int = SHOWN_LINES) -> list[Line]:
    """The changed lines and `around` unchanged ones beside each; the others are told by their number."""
    near = [False] * len(lines)
    for place, line in enumerate(lines):
        if line.kind != Kind.SAME:
            first, last = max(0, place - around), min(len(lines), place + around + 1)
            near[first:last] = [True] * (last - first)
    shown: list[Line] = []
    skipped = 0
    for line, is_near in zip(lines, near, strict=True):
        if not is_near or len(shown) >= most:
            skipped += 1
            continue
        if skipped:
            shown.append(Line(kind=Kind.SKIPPED, pieces=(), lines=skipped))
            skipped = 0
        shown.append(line)
    return [*shown, Line(kind=Kind.SKIPPED, pieces=(), lines=skipped)] if skipped else shown


def _changed(old: str, new: str) -> list[Line]:
    """Lines of a replaced block, their changed words marked."""
    parts = [(kind, "".join(tokens)) for kind, tokens in _compared(_WORDS.findall(old), _WORDS.findall(new))]
    removed = _lines([(kind, text) for kind, text in parts if kind != Kind.ADDED], Kind.REMOVED)
    added = _lines([(kind, text) for kind, text in parts if kind != Kind.REMOVED], Kind.ADDED)
    return removed + added


def _lines(parts: list[tuple[Kind, str]], kind: Kind) -> list[Line]:
    lines: list[Line] = []
    pieces: list[Piece] = []
    for piece_kind, text in parts:
        for line in text.splitlines(keepends=True):
            pieces.append(Piece(kind=piece_kind, text=line))
            if line.splitlines()[0] != line:  # it ends here
                lines.append(Line(kind=kind, pieces=tuple(pieces)))
                pieces = []
    return [*lines, Line(kind=kind, pieces=tuple(pieces))] if pieces else lines


def _compared(old: Sequence[str], new: Sequence[str]) -> list[tuple[Kind, list[str]]]:
    """Runs of tokens; a removed run stands before the added one that replaces it."""
    if len(distinct := dict.fromkeys((*old, *new))) > _CODES:
        return [(Kind.REMOVED, list(old)), (Kind.ADDED, list(new))]
    codes: dict[str, str] = {}
    tokens: dict[str, str] = {}
    for number, token in enumerate(distinct, start=_FIRST_CODE):
        code = chr(number if number < _SURROGATES[0] else number + _SURROGATES[1] - _SURROGATES[0])
        codes[token], tokens[code] = code, token
    engine = diff_match_patch()
    engine.Diff_Timeout = COMPARE_SECONDS
    found = engine.diff_main("".join(map(codes.__getitem__, old)), "".join(map(codes.__getitem__, new)), False)
    kinds = {engine.DIFF_DELETE: Kind.REMOVED, engine.DIFF_INSERT: Kind.ADDED, engine.DIFF_EQUAL: Kind.SAME}
    return [(kinds[operation], [tokens[code] for code in text]) for operation, text in found]
