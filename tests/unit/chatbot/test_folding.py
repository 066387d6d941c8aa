"""Folding for matching: every folded character knows where it comes from, whatever people type."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.rules.folding import fold, has_look_alikes, readings_of_digits, without_accents, without_look_alikes
from chatbot.rules.mapped_text import MappedText, Pieces

#: Characters that make trouble: they vanish, grow, combine, or look like others.
TRICKY = "aI1 é\u0301\u200b\u00adﬁßİŉ㎏½ｒ敏感*.\n\t\x00\ud800\U0001f1f7🆁👩‍👧\u0345ǰΐа한ㄱ\u1100\u1161ſ\ue000\ufe0f"
texts = st.text(alphabet=st.one_of(st.sampled_from(TRICKY), st.characters()), max_size=80)


@given(texts)
def test_every_folded_character_has_a_place_in_the_source_and_places_never_fall(text: str) -> None:
    folded = fold(text)
    assert folded.source == text
    spans = [folded.span(place, place + 1) for place in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(first[0] <= second[0] and first[1] <= second[1] for first, second in pairwise(spans))


@given(texts)
def test_a_character_folds_to_what_its_own_place_folds_to(text: str) -> None:
    """An offset that had slipped would point at other characters."""
    folded = fold(text)
    for place in range(len(folded.text)):
        start, end = folded.span(place, place + 1)
        assert folded.text[place] in fold(text[start:end]).text


@given(texts)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(texts)
def test_composed_and_decomposed_spellings_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", "é" + text)).text[:1] == fold("e\u0301").text[:1]


@given(texts)
def test_the_other_readings_keep_every_place(text: str) -> None:
    folded = fold(text).text
    assert len(without_accents(folded)) == len(folded)
    assert len(without_look_alikes(folded)) == len(folded)
    assert all(len(reading) == len(folded) for reading in readings_of_digits(folded))


@given(texts, texts)
def test_a_mapping_of_a_mapping_leads_to_the_first_source(before: str, after: str) -> None:
    source = f"{before}<b>{after}"
    pieces = Pieces(source)
    pieces.keep(0, len(before))
    pieces.put(" ", len(before), len(before) + 3)
    pieces.keep(len(before) + 3, len(source))
    cut = pieces.built()
    both = cut.then(fold(cut.text))
    assert both.source == source
    for place in range(len(both.text)):
        start, end = both.span(place, place + 1)
        assert 0 <= start < end <= len(source)


def test_an_empty_range_has_an_empty_place() -> None:
    folded = fold("ﬁne")
    assert folded.span(0, 0) == (0, 0)
    assert folded.span(4, 4) == (3, 3)
    assert MappedText(source="ab", text="ab").span(1, 1) == (1, 1)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＲＥＦＵＮＤ", "refund"),
        ("re\u200bf\u00adund\ufeff", "refund"),
        ("🅁🄴🅕🆄ⓝ🇩", "refund"),
        ("Straße ﬁ", "strasse fi"),
        ("e\u0301", "é"),
        ("ﾘﾌｧﾝﾄﾞ", "リファンド"),
    ],
)
def test_case_width_and_invisible_characters_are_folded(written: str, folded: str) -> None:
    assert fold(written).text == folded


def test_look_alikes_are_read_as_what_they_look_like() -> None:
    assert has_look_alikes("rеfund")
    assert without_look_alikes("rеfund") == "refund"
    assert not has_look_alikes("退款 refund")


def test_a_one_has_two_readings_and_plain_words_none() -> None:
    assert set(readings_of_digits("k1ll")) == {"kill", "klll"}
    assert readings_of_digits("order 4711, please") == ()
