"""Bodies: what a person types, what the API shows, what the page may show."""

import pytest

from sandbox.bodies import to_html, to_plain, to_safe_html


def test_typed_markup_is_stored_as_text_and_reads_back_unchanged() -> None:
    typed = "Is <b>5 > 3</b> & done?\nSecond line\n\nSecond paragraph"
    stored = to_html(typed)
    assert stored == "<p>Is &lt;b&gt;5 &gt; 3&lt;/b&gt; &amp; done?<br>Second line</p><p>Second paragraph</p>"
    assert to_plain(stored) == "Is <b>5 > 3</b> & done?\nSecond line\nSecond paragraph"


def test_plain_text_keeps_list_items_apart() -> None:
    assert to_plain("<p>Steps:</p><ul><li>Open</li><li>Press</li></ul>") == "Steps:\n\n- Open\n- Press"


def test_a_link_keeps_its_address_only_where_it_is_asked_for() -> None:
    body = '<p>See <a href="https://help.example/a">this page</a>.</p>'
    assert to_plain(body) == "See this page."
    assert to_plain(body, with_links=True) == "See this page (https://help.example/a)."


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<p style="position:fixed" onclick="alert(1)">x</p>',
        "<iframe src='https://evil.example'></iframe>",
    ],
)
def test_nothing_that_runs_or_loads_reaches_the_page(attack: str) -> None:
    safe = to_safe_html(f"<p>Hello</p>{attack}")
    assert "Hello" in safe
    for word in ("alert", "onerror", "onclick", "style", "<iframe", "<img", "javascript:"):
        assert word not in safe


def test_links_open_beside_the_page_and_tell_nothing_about_it() -> None:
    safe = to_safe_html('<a href="https://help.example" target="_top">x</a>')
    assert 'target="_blank"' in safe
    assert "noopener" in safe
