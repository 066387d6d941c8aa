"""Pure: makes any text fit for PostgreSQL: NUL is dropped, a lone surrogate becomes U+FFFD, line ends become \\n."""

import re

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def storable_text(text: str) -> str:
    """`text` as it is stored and shown. Applying it twice changes nothing more."""
    if "\0" in text:
        text = text.replace("\0", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else _LONE_SURROGATES.sub("\ufffd", text)
