"""Bodies come as HTML or as plain text; the same words end as the same plain text."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.intercom.bodies import comparable, plain_text

TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<br>",
        "<br/>",
        "<b>",
        "</b>",
        '<a href="https://e.example">',
        "</a>",
        "<img src=x>",
        "<li>",
        "<ul>",
    ]
)
WORDS = st.text(alphabet=st.characters(exclude_characters="<>&", exclude_categories=["Cs"]), max_size=30)
ANY_TEXT = st.text(alphabet=st.characters(), max_size=200)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>One</p><p>Two&nbsp;&amp; three</p>", "One\nTwo & three"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ('<p>see <a href="https://e.example/x">here</a></p>', "see here"),
        ('<p>look <img src="https://e.example/a.png"></p>', "look"),
        ("<style>p {color: red}</style><p>words</p>", "words"),
        ("<p>x</p><script>steal()</script>", "x"),
        ("if a < b and c > d", "if a < b and c > d"),
        ("AT&T &amp; co", "AT&T &amp; co"),
        ("line one\r\nline two\rthree", "line one\nline two\nthree"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("<p>use &lt;b&gt; here</p>", "use <b> here"),
        ("nul\x00here", "nul\ufffdhere"),
        ("\ud800", "?"),
        ("", ""),
        (None, ""),
        (5, ""),
        (["<p>"], ""),
    ],
)
def test_a_body_becomes_plain_text(body: object, expected: str) -> None:
    assert plain_text(body) == expected


@settings(max_examples=400, deadline=None)
@given(body=ANY_TEXT | st.lists(TAGS | ANY_TEXT, max_size=12).map("".join))
def test_no_body_raises_or_leaves_what_postgresql_cannot_store(body: str) -> None:
    text = plain_text(body)
    assert "\x00" not in text
    assert text.encode("utf-8").decode() == text


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(TAGS | WORDS, min_size=1, max_size=20))
def test_markup_never_stays_in_the_text(pieces: list[str]) -> None:
    text = plain_text("".join(["<p>", *pieces, "</p>"]))
    assert "<" not in text
    assert ">" not in text


@settings(max_examples=400, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=120))
def test_words_sent_as_html_and_read_as_plain_text_compare_equal(text: str) -> None:
    assert comparable(f"<p>{html.escape(text, quote=False)}</p>") == comparable(text)


@pytest.mark.parametrize(
    "text", ["use <br> here", "<p>", "a <b> c", "1 < 2 > 0", "&lt;p&gt;", "<br> &lt;b&gt;", "x &amp; y"]
)
def test_words_that_look_like_markup_compare_equal_too(text: str) -> None:
    assert comparable(f"<p>{html.escape(text, quote=False)}</p>") == comparable(text)


def test_blanks_case_and_paragraphs_do_not_matter_when_comparing() -> None:
    assert comparable("<p>Hello  there</p><p>Bye</p>") == comparable("hello there\n\nbye")
    assert comparable("<p>yes</p>") != comparable("<p>no</p>")


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 200_000,
        "<p>" + "<img " * 200_000,
        "".join(f"<b a={number}>" for number in range(80_000)),
        "<p>" + "<" * 1_000_000,
        "<p>" + "<style>" * 140_000,
        "<p>" + "<!--" * 250_000,
        "<p>" + "&" * 1_000_000,
        "<p>" + " \n" * 500_000,
    ],
    ids=["div", "img", "attributes", "angles", "style", "comments", "ampersands", "blanks"],
)
def test_a_mebibyte_of_hostile_markup_is_read_before_the_suite_times_out(body: str) -> None:
    assert len(plain_text(body)) <= len(body)
