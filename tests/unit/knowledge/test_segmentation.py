from hypothesis import given
from hypothesis import strategies as st

from knowledge.segmentation import stemmer, words_of_passage, words_of_question


def test_chinese_is_cut_into_words() -> None:
    assert {"退款", "政策"} <= set(words_of_passage("退款政策。", language="zh-hans").split())


def test_japanese_and_korean_are_cut_into_pairs() -> None:
    assert words_of_passage("返金です", language="ja").split() == ["返金", "金で", "です"]
    assert "환불" in words_of_passage("환불정책", language="ko").split()


def test_a_chinese_question_also_finds_japanese_pairs() -> None:
    assert "返金" in words_of_question("返金", language="").split()


def test_chinese_words_that_any_question_has_are_left_out_of_it_unless_it_has_no_others() -> None:
    assert words_of_question("买了多久可以退货？", language="zh-hans").split() == ["买", "买", "退货", "退货"]
    assert words_of_question("运费多少钱", language="", pairs=False) == "运费"
    assert "钱" in words_of_question("钱什么时候退", language="zh", pairs=False).split()
    assert "怎么办" in words_of_question("怎么办", language="zh").split()
    assert "多久" in words_of_passage("多久可以退货", language="zh").split()


def test_a_japanese_question_is_read_whole() -> None:
    assert words_of_question("返金の時間は", language="ja").split() == ["返金", "金の", "の時", "時間", "間は"]


def test_punctuation_addresses_and_case_leave_plain_words() -> None:
    words = words_of_passage("“Docs.Example.COM/a_b” — it's", language="en")
    assert words.split() == ["docs", "example", "com", "a", "b", "it", "s"]


def test_full_width_letters_are_folded() -> None:
    assert words_of_passage("ＡＢＣ１２３", language="") == "abc123"


@given(st.text(max_size=300))
def test_words_hold_nothing_but_letters_and_digits(text: str) -> None:
    for words in (words_of_passage(text, language=""), words_of_question(text, language="en")):
        assert not set(words) & set("'\\&|!:*()<>\0\"")


def test_languages_without_a_stemmer_are_searched_as_written() -> None:
    assert (stemmer("en-GB"), stemmer("zh-hans"), stemmer("")) == ("english", "simple", "simple")


def test_a_name_with_capitals_inside_is_found_by_its_parts_in_articles_and_whole_in_questions() -> None:
    assert words_of_passage("set readTimeout", language="en").split() == ["set", "readtimeout", "read", "timeout"]
    assert words_of_passage("readTimeout", language="en", split_names=False) == "readtimeout"
    assert words_of_passage("PDFs and IBAN", language="en").split() == ["pdfs", "and", "iban"]
