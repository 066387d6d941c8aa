"""Labelled messages from a CSV file with the columns `text` and `intent`; each fault names its line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatbot.models.intent import OUT_OF_SCOPE_NAMES


class FileUnusable(Exception):
    """The file cannot be read as labelled messages; the message names the line or column and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    line: int  #: in the file, 1 is the header's
    text: str
    intent: str

    @property
    def is_out_of_scope(self) -> bool:
        return self.intent.strip().casefold() in OUT_OF_SCOPE_NAMES


def decoded(data: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else GB 18030. Raises `FileUnusable`."""
    if b"\0" in data[:2_000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileUnusable("the file is not text; save it as CSV in UTF-8")
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileUnusable("the file's encoding is not known; save it as CSV in UTF-8")


def labelled_lines(data: bytes, *, needs_intent: bool = True) -> Iterator[LabelledText]:
    """Raises `FileUnusable` at the first fault of the file itself; empty cells are yielded for the caller to judge."""
    text = decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = {(name or "").strip().casefold() for name in reader.fieldnames or ()}
        missing = {"text", *(["intent"] if needs_intent else [])} - columns
        if missing:
            raise FileUnusable(
                f"the first line must name the columns text and intent; {', '.join(sorted(missing))} is missing"
            )
        for row in reader:
            cells = {(name or "").strip().casefold(): value for name, value in row.items() if isinstance(value, str)}
            yield LabelledText(
                line=reader.line_num, text=(cells.get("text") or "").strip(), intent=(cells.get("intent") or "").strip()
            )
    except csv.Error as error:
        raise FileUnusable(f"line {reader.line_num + 1} cannot be read as CSV ({error})") from error


def read_labelled(path: Path, *, needs_intent: bool = True) -> list[LabelledText]:
    """Raises `FileUnusable` (any line without text or intent included) and `OSError`."""
    lines = list(labelled_lines(path.read_bytes(), needs_intent=needs_intent))
    for line in lines:
        if not line.text or (needs_intent and not line.intent):
            raise FileUnusable(f"{path.name} line {line.line}: {'intent' if line.text else 'text'} is empty")
    if not lines:
        raise FileUnusable(f"{path.name} holds no line")
    return lines
