"""JSON lines: one object a line, UTF-8. Each line stands for itself."""

import json
from collections.abc import Iterator
from typing import BinaryIO, Final

from knowledge.errors import ArticleRefused
from knowledge.importing.drafts import FoundArticle, ImportOptions, Problem, ReadItem, checked

#: Bytes of one line: the longest article, escaped, and its other fields.
LINE_MAX_BYTES: Final = 16_000_000


def read_json_lines(file: BinaryIO, place: str, options: ImportOptions) -> Iterator[ReadItem]:
    """One item for each line that is not blank."""
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        where = f"{place} line {number}"
        try:
            item = _decoded(line, first=number == 1)
        except ArticleRefused as error:
            yield Problem(place=where, field=error.field, problem=error.problem)
            continue
        if isinstance(item, dict):
            yield checked(FoundArticle(fields=item, place=where), options)
        else:
            yield Problem(place=where, field="line", problem="must be one JSON object")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """None longer than LINE_MAX_BYTES: a longer one is cut, which makes it bad, and the rest skipped."""
    while line := file.readline(LINE_MAX_BYTES):
        yield line
        while line and not line.endswith(b"\n") and (line := file.readline(LINE_MAX_BYTES)):
            pass


def _decoded(line: bytes, *, first: bool) -> object:
    if len(line) >= LINE_MAX_BYTES:
        raise ArticleRefused("line", f"has more than {LINE_MAX_BYTES} bytes; split the article")
    try:
        return json.loads(line.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError as error:
        raise ArticleRefused("line", f"is not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ArticleRefused("line", f"is not JSON ({error.msg} at character {error.pos})") from error
    except RecursionError as error:
        raise ArticleRefused("line", "is nested too deeply") from error
    except ValueError as error:  # a number of more digits than Python converts
        raise ArticleRefused("line", "holds a number that is too long") from error
