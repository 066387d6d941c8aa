"""Pure: Markdown -> safe HTML for staff and customers, and -> plain text for quoting. Both take bounded input."""

from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Characters of Markdown that are rendered; the rest is left out.
RENDERED_CHARACTERS: Final = 200_000

_TAGS: Final = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def safe_html(markdown: str) -> str:
    """HTML of a few harmless tags. HTML inside the Markdown is shown as text; links are http, https or mailto only."""
    rendered = _parser().render(markdown[:RENDERED_CHARACTERS])
    return nh3.clean(
        rendered, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow"
    )


def plain_text(markdown: str) -> str:
    """What a reader sees, without marks and addresses: a line for each paragraph, list item and table row."""
    lines: list[str] = []
    numbers: list[int | None] = []
    cells: list[str] | None = None
    marker = ""
    for token in _parser().parse(markdown[:RENDERED_CHARACTERS]):
        if token.type == "ordered_list_open":
            numbers.append(int(token.attrs.get("start", 1)))
        elif token.type == "bullet_list_open":
            numbers.append(None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            numbers.pop()
        elif token.type == "list_item_open" and numbers:
            number = numbers[-1]
            marker = "- " if number is None else f"{number}. "
            numbers[-1] = None if number is None else number + 1
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            lines.append(" | ".join(cells))
            cells = None
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip("\n"))
        elif token.type == "inline":
            words = _inline(token)
            if cells is not None:
                cells.append(words)
            else:
                lines.append(marker + words)
                marker = ""
    return "\n".join(line for line in lines if line.strip())


def _inline(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" " if child.type == "softbreak" else "\n")
        elif child.type in ("text", "code_inline", "image", "html_inline"):
            parts.append(child.content)
    return "".join(parts).strip()
