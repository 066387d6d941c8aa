"""What may leave in a reply: a small whitelist of tags, links to https only, everything else as text."""

import html

import nh3
from markdown_it import MarkdownIt

#: Intercom publishes no list of allowed tags; these are what its own bot uses and what every channel shows.
TAGS = {"p", "br", "b", "i", "ul", "ol", "li", "a", "code"}
_SYNONYMS = {"strong": "b", "em": "i"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")


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
    return nh3.clean(
        rendered,
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_only_https,
        url_schemes={"https"},
        link_rel=None,
    ).strip()


def _only_https(_tag: str, _attribute: str, value: str) -> str | None:
    """Relative addresses have no scheme to check, and `//elsewhere` is one."""
    return value if value.startswith("https://") else None


def paragraphs_html(text: str) -> str:
    """Plain text as HTML paragraphs; nothing in it is markup."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return "".join(f"<p>{html.escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def _without_tables(tokens: list) -> list:  # type: ignore[type-arg]  # markdown-it's Token, which it does not export typed
    """Table rows as list items with their cells after one another: messengers show no tables."""
    kept = []
    for token in tokens:
        match token.type:
            case "table_open" | "table_close":
                token.tag = "ul"
                kept.append(token)
            case "tr_open" | "tr_close":
                token.tag = "li"
                kept.append(token)
            case "th_close" | "td_close":
                token.type, token.tag, token.nesting, token.content = "text", "", 0, " | "
                kept.append(token)
            case "thead_open" | "thead_close" | "tbody_open" | "tbody_close" | "th_open" | "td_open":
                pass
            case _:
                kept.append(token)
    return kept
