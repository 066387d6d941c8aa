"""Pure: bytes of a text file -> text. Guessing an encoding would store garbage silently, so nothing is guessed."""

import codecs
from typing import Final

from knowledge.errors import FileUnreadable

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes) -> str:
    """UTF-8, or what the byte order mark says. Raises `FileUnreadable` with the line at fault."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding)
    return _strictly(data, "utf-8")


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileUnreadable(
            f"is not {encoding.upper()} (byte {error.start}, line {line}); save it as UTF-8"
        ) from error
