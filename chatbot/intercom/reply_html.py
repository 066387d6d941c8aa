"""What may leave in a reply: a small whitelist of tags, links to https only, everything else as text."""

import html
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Intercom publishes no list of allowed tags; these are what its own bot uses and what every channel shows.
TAGS = {"p", "br", "b", "i", "ul", "ol", "li", "a", "code"}
_SYNONYMS = {"strong": "b", "em": "i"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")


@lru_cache(maxsize=64)  # what is said is looked at first, then stored
def reply_html(markdown: str) -> str:
    """Markdown as HTML that is safe to send. Headings become paragraphs, tables lists; raw HTML is shown as text."""
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
        for child in token.children or []:
            child.tag = _SYNONYMS.get(child.tag, child.tag)
            if child.type == "image":
                child.type, child.tag, child.children = "text", "", None
    rendered = _MARKDOWN.renderer.render(_without_tables(tokens), _MARKDOWN.options, {})
    clean = nh3.clean(
        rendered,
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_only_https,
        url_schemes={"https"},
        link_rel=None,
    )
    return clean.strip().replace("<li>\n", "<li>")


def _only_https(_tag: str, _attribute: str, value: str) -> str | None:
    """Relative addresses have no scheme to check, and `//elsewhere` is one."""
    return value if value.startswith("https://") else None


def paragraphs_html(text: str) -> str:
    """Plain text as HTML paragraphs; nothing in it is markup."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def _without_tables(tokens: Sequence[Token]) -> list[Token]:
    """Tables as lists, for messengers show none: "<b>first cell</b>: heading value; heading value"."""
    kept: list[Token] = []
    headings: list[str] = []
    column = 0
    in_head = False
    for token in tokens:
        match token.type:
            case "table_open" | "table_close":
                token.tag = "ul"
                headings = []
            case "thead_open" | "thead_close":
                in_head = token.nesting == 1
                continue
            case "tr_open" | "tr_close":
                column = 0
                if in_head:
                    continue
                token.tag = "li"
            case "th_open" | "th_close" | "tbody_open" | "tbody_close":
                continue
            case "inline" if in_head:
                headings.append(token.content.strip())
                continue
            case "td_open":
                column += 1
                lead = "" if column == 1 else f"{': ' if column == 2 else '; '}{_heading(headings, column)}"
                token = _tag("b_open", "b", 1) if column == 1 else _text(lead)
            case "td_close":
                if column > 1:
                    continue
                token = _tag("b_close", "b", -1)
        kept.append(token)
    return kept


def _heading(headings: Sequence[str], column: int) -> str:
    heading = headings[column - 1] if column <= len(headings) else ""
    return f"{heading} " if heading else ""


def _tag(kind: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
    return Token(kind, tag, nesting)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
