"""One body, three ways: HTML as the API shows it, plain text, and HTML that is safe to put into the page."""

from __future__ import annotations

import html
import re

import nh3

_BREAK = re.compile(r"(?i)<\s*br\s*/?>|</\s*(?:p|div|h[1-6]|blockquote|pre|tr)\s*>|</\s*(?:ul|ol)\s*>")
_ITEM = re.compile(r"(?i)<\s*li\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"(?is)<a\b[^>]*?\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*>(.{0,2000}?)</a>")
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_SAFE_TAGS = {
    *("p", "br", "b", "strong", "i", "em", "u", "a", "ul", "ol", "li", "code", "pre", "blockquote"),
    *("h1", "h2", "h3", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td"),
}


def to_html(text: str) -> str:
    """What a person typed, as Intercom stores it: escaped, a `<p>` for each paragraph, `<br>` for each line."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n")) if part.strip()]
    return "".join(f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def to_plain(body: str, *, with_links: bool = False) -> str:
    """The words of an HTML body; `with_links` keeps each link's address in brackets after its text."""
    if "<" not in body and "&" not in body:
        return body
    text = _LINK.sub(_link_text, body) if with_links else body
    text = _BREAK.sub("\n", text)
    text = _ITEM.sub("\n- ", text)
    text = html.unescape(_TAG.sub("", text))
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def to_safe_html(body: str) -> str:
    """The body as the page may show it: a short list of tags, links that open beside the page and leak nothing."""
    return nh3.clean(
        body,
        tags=_SAFE_TAGS,
        attributes={"a": {"href", "target"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _link_text(match: re.Match[str]) -> str:
    address = match.group(1) or match.group(2) or ""
    words = _TAG.sub("", match.group(3)).strip()
    return match.group(3) if not address or words == address else f"{match.group(3)} ({address})"
