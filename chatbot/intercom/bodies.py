"""Bodies of conversation parts, which are HTML or plain text depending on API version and place: one plain text out."""

import html
import re

import nh3

_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr|pre|blockquote|ul|ol|table)\s*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_HTML = re.compile(
    r"<(?:p|div|br|a|b|i|em|strong|ul|ol|li|h[1-6]|img|table|span|pre|code|blockquote)\b[^<>]*>", re.IGNORECASE
)
_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def plain_text(body: object) -> str:
    """`body` as plain text: tags stripped, entities resolved, blanks collapsed; "" for anything that is no text.

    A body counts as HTML if it holds a tag that Intercom writes; "if a < b" stays as it is. NUL bytes and lone
    surrogates, which PostgreSQL cannot store, become the replacement character.
    """
    if not isinstance(body, str) or not body:
        return ""
    text = body.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if _HTML.search(text):
        text = _IMAGE.sub(" ", _BREAK.sub("\n", text))
        text = html.unescape(nh3.clean(text, tags=set(), attributes={}))
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = "\n".join(line.strip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", lines).strip()


def comparable(body: object) -> str:
    """A form in which the same words are equal, however the markup and the blanks came back."""
    return "".join(plain_text(body).split()).casefold()
