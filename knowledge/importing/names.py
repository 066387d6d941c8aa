"""Pure: names of files."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

_SEPARATORS = re.compile(r"[\s_\-]+")


def words_of_name(name: str) -> str:
    """A title for a file that has none: `guides/first-steps.md` -> "First steps"."""
    stem = PurePosixPath(name).stem
    words = _SEPARATORS.sub(" ", stem).strip() or stem or name
    return words[:1].upper() + words[1:]


def address_under(base_url: str, name: str) -> str:
    """Where customers find the file `name`, if its folder lies at `base_url`; "" without one."""
    return f"{base_url.rstrip('/')}/{quote(name)}" if base_url else ""
