import random

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.chunking import chunk_article
from knowledge.conf import CHUNK_MAX_CHARACTERS, CHUNK_TARGET_CHARACTERS

PIECES = st.sampled_from(
    [
        *("# Refunds\n", "## Annual plans\n", "###### Deep\n", "Title\n=====\n", "\n", "\r\n", "\r", "   ", "\t"),
        *("- one\n- two\n  - three\n", "1. first\n2. second\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "> quoted\n"),
        *("```python\nx = 1\n\ny = 2\n```\n", "```\nnever closed\n", "~~~\n" + "line\n" * 300 + "~~~\n", "<div>\n"),
        *("[ref]: https://example.com\n", "Plain words. More words! ", "退款政策。", "word " * 300, "x" * 2000),
        *("|a|\n|-|\n" + "|cell|\n" * 400, "\x0b", "\u2028", "🙂"),
    ]
)
BODIES = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=3000))


@settings(max_examples=200, deadline=None)
@given(BODIES)
def test_offsets_point_at_the_text_and_nothing_but_whitespace_is_lost(body: str) -> None:
    chunks = chunk_article(body)
    end = 0
    for chunk in chunks:
        assert body[chunk.start : chunk.end] == chunk.text
        assert chunk.start >= end
        assert not body[end : chunk.start].strip()
        assert 0 < len(chunk.text) <= CHUNK_MAX_CHARACTERS
        end = chunk.end
    assert not body[end:].strip()


def test_a_table_that_fits_is_never_cut() -> None:
    table = "| plan | price |\n|---|---|\n" + "".join(f"| plan {n} | {n} euro |\n" for n in range(70))
    assert CHUNK_TARGET_CHARACTERS < len(table) < CHUNK_MAX_CHARACTERS
    chunks = chunk_article("Words. " * 100 + "\n\n" + table + "\n" + "Words. " * 100)
    assert any(table.strip() in chunk.text for chunk in chunks)


def test_a_code_block_that_fits_is_never_cut() -> None:
    code = "```\n" + "some_call(argument)\n\n" * 60 + "```"
    assert any(code in chunk.text for chunk in chunk_article("# Call it\n\n" + code + "\n\nDone."))


def test_a_chunk_carries_the_headings_it_stands_under() -> None:
    body = (
        "# Refunds\n\n"
        + "General words. " * 30
        + "\n\n## Annual plans\n\n"
        + "Thirty days. " * 30
        + "\n\n# Other\n\nEnd."
    )
    paths = {chunk.heading_path for chunk in chunk_article(body)}
    assert {"Refunds", "Refunds > Annual plans"} <= paths


def test_a_heading_stands_with_what_follows_it() -> None:
    body = "\n\n".join(f"## Part {n}\n\n" + "Some words here. " * 50 for n in range(5))
    for chunk in chunk_article(body):
        assert not chunk.text.splitlines()[-1].startswith("#")


def test_a_hash_inside_code_is_no_heading() -> None:
    assert chunk_article("# Real\n\n```\n# comment\n```\n\nText.")[0].heading_path == "Real"


def test_fifty_thousand_headings_are_chunked() -> None:
    body = "".join(f"# Heading {n}\n" for n in range(50_000))
    chunks = chunk_article(body)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(body.split())


def test_a_long_body_without_any_break_is_chunked() -> None:
    body = "a" * 1_000_000
    assert "".join(chunk.text for chunk in chunk_article(body)) == body


def test_the_same_body_gives_the_same_chunks() -> None:
    body = "".join(random.Random(7).choice("# \nab|-`.") for _ in range(5_000))
    assert chunk_article(body) == chunk_article(body)
