from hypothesis import given
from hypothesis import strategies as st

from knowledge.rendering import plain_text, safe_html


def test_scripts_and_foreign_links_never_pass() -> None:
    html = safe_html(
        "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=y> ![i](https://e.com/i.png)"
    )
    assert "<script" not in html and "<img" not in html and 'href="javascript' not in html


def test_tables_lists_and_links_are_shown() -> None:
    html = safe_html("| a | b |\n|---|---|\n| 1 | 2 |\n\n- [one](https://example.com)\n")
    assert "<td>1</td>" in html and "<li>" in html and 'href="https://example.com"' in html


def test_plain_text_keeps_words_and_drops_marks() -> None:
    markdown = "# Refunds\n\nAsk **us** at [the desk](https://e.com).\n\n1. First\n2. `Second`\n\n|a|b|\n|-|-|\n|1|2|\n"
    assert plain_text(markdown) == "Refunds\nAsk us at the desk.\n1. First\n2. Second\na | b\n1 | 2"


@given(st.text(max_size=500))
def test_any_text_is_rendered(text: str) -> None:
    safe_html(text)
    plain_text(text)
