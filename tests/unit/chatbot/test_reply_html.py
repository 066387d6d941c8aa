"""What leaves in a reply: a few harmless tags, links to https, all else as text."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.intercom.reply_html import TAGS, paragraphs_html, reply_html

PIECES = st.sampled_from(
    [
        "# Title",
        "**bold**",
        "_soft_",
        "`code`",
        "```\nblock\n```",
        "- item",
        "1. first",
        "> quote",
        "---",
        "\n\n",
        "\n",
        "[link](https://e.example)",
        "[bad](javascript:alert(1))",
        "[bad](http://e.example)",
        "[bad](//e.example)",
        "[bad](/admin)",
        "[bad](data:text/html,x)",
        "<https://e.example>",
        "<http://e.example>",
        "![image](https://e.example/a.png)",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='https://e.example' onclick=x>y</a>",
        "<!-- c -->",
        "| a | b |\n| - | - |\n| 1 | 2 |",
        "[x]: javascript:alert(1)\n\n[x]",
        "&lt;b&gt;",
        "&#106;avascript:",
        "<iframe>",
        "\\<b>",
        '[t](https://e.example "onmouseover=1")',
        "[a](JaVaScRiPt:x)",
        '[a](https://e.example/"><script>)',
        "words",
    ]
)


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@settings(max_examples=500, deadline=None)
@given(markdown=st.lists(PIECES | st.text(max_size=20), max_size=12).map(" ".join) | st.text(max_size=300))
def test_only_harmless_tags_and_https_links_ever_leave(markdown: str) -> None:
    for tag, attributes in Seen(reply_html(markdown)).tags:
        assert tag in TAGS
        for name, value in attributes:
            assert (tag, name) == ("a", "href")
            assert (value or "").startswith("https://")


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("Hello **you**", "<p>Hello <b>you</b></p>"),
        ("_soft_", "<p><i>soft</i></p>"),
        ("# Title\n\ntext", "<p>Title</p>\n<p>text</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[here](https://e.example/x)", '<p><a href="https://e.example/x">here</a></p>'),
        ("[here](http://e.example)", "<p><a>here</a></p>"),
        ("[here](//e.example)", "<p><a>here</a></p>"),
        ("[here](/admin)", "<p><a>here</a></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>"),
        ("![a picture](https://e.example/a.png)", "<p>a picture</p>"),
        ("", ""),
        ("---", ""),
    ],
)
def test_markdown_becomes_this(markdown: str, expected: str) -> None:
    assert reply_html(markdown) == expected


def test_a_table_becomes_a_list_that_keeps_every_value_and_its_heading() -> None:
    sent = reply_html("| Plan | Price |\n| - | - |\n| Pro | 9 |\n| Max | 29 |")
    assert {tag for tag, _ in Seen(sent).tags} <= {"ul", "li", "b"}
    words = "".join(Seen(sent).words)
    assert all(cell in words for cell in ("Price", "Pro", "9", "Max", "29"))


def test_standard_messages_are_text_and_nothing_else() -> None:
    assert paragraphs_html("a <b>\nc\n\nd & e") == "<p>a &lt;b&gt;<br>c</p><p>d &amp; e</p>"
    assert paragraphs_html("  \n\n ") == ""
