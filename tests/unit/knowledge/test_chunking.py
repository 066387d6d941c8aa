import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import chunking
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


def reworded(body: str, part: str) -> bool:
    """Whether some chunk holds all of `part`."""
    return any(part in chunk.text for chunk in chunk_article(body))


@settings(max_examples=100, deadline=None)
@given(before=BODIES, lines=st.integers(1, 60), after=BODIES, kind=st.sampled_from(["fence", "table"]))
def test_what_fits_is_never_cut_wherever_it_stands(before: str, lines: int, after: str, kind: str) -> None:
    if kind == "fence":
        whole = "~~~~~~~~ python\n" + "".join(f"call({n})\n\n" for n in range(lines)) + "~~~~~~~~"
    else:
        whole = "| plan | price |\n|---|---|\n" + "\n".join(f"| plan {n} | {n} euro |" for n in range(lines))
    assert len(whole) <= CHUNK_MAX_CHARACTERS
    # An open fence or HTML block of `before` would swallow it: a heading alone does not end those, so none is let in.
    before = before if not set("`~<") & set(before) else "Words.\n"
    assert reworded(f"{before}\n\n# Here\n\n{whole}\n\n# There\n\n{after}", whole)


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_parsing_in_windows_finds_what_parsing_at_once_finds(body: str) -> None:
    at_once = chunk_article(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunking, "PARSED_CHARACTERS", 20)
        patch.setattr(chunking, "PARSED_MAX_CHARACTERS", 10**9)
        assert chunk_article(body) == at_once


@pytest.mark.parametrize(
    "piece",
    [
        *("# Heading\n", "a", "- item\n", "- a\n  - b\n    - c\n", "word word\n\n", "> quoted\n"),
        *("|a|b|\n", "    code\n\n", "[a]: http://b\n"),
    ],
)
def test_a_large_body_costs_time_and_memory_in_a_straight_line(piece: str, monkeypatch) -> None:
    """Both are what the parser is given: at once for the memory, altogether for the time. Measured, not clocked."""
    monkeypatch.setattr(chunking, "PARSED_CHARACTERS", 2_000)
    monkeypatch.setattr(chunking, "PARSED_MAX_CHARACTERS", 16_000)
    given: list[int] = []
    parsed = chunking._parsed

    def counting(text: str, lines: int) -> list[object]:
        given.append(len(text))
        return parsed(text, lines)

    monkeypatch.setattr(chunking, "_parsed", counting)
    body = ("|a|b|\n|-|-|\n" if piece.startswith("|") else "") + piece * (100_000 // len(piece))
    chunks = chunk_article(body)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(body.split())
    assert max(given) <= (len(body) if piece == "a" else 16_100)  # one line is never cut before it is parsed
    assert sum(given) <= 4 * len(body)


def test_fifty_thousand_headings_each_name_their_own_section() -> None:
    body = "".join(f"# Heading {n}\n\nWords of {n}.\n\n" for n in range(50_000))
    chunks = chunk_article(body)
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(body.split())
    assert all(len(chunk.heading_path) < 100 for chunk in chunks)


def test_the_same_body_gives_the_same_chunks() -> None:
    body = "".join(random.Random(7).choice("# \nab|-`.") for _ in range(5_000))
    assert chunk_article(body) == chunk_article(body)
