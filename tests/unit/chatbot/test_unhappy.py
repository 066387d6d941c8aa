"""Who is unhappy is handed over; who only asks is not. Each sign weighs, and none decides alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.models import Steering
from chatbot.rules.same_question import is_latin, same_by_words
from chatbot.rules.unhappy import CALM, Mood, Seen, Sign, circling, mood_of, wished_before

BOUND: float = Steering._meta.get_field("unhappy_from").default


@pytest.mark.parametrize(
    "text",
    [
        "This is ridiculous!! I already told you three times",
        "YOUR SUPPORT IS USELESS, GIVE ME MY MONEY BACK",
        "I'm fed up with this, worst service ever",
        "What a joke. You keep sending the same answer, this is unacceptable.",
        "说了多少遍了，你们这个垃圾客服！！！",
        "我很生气，问题一直没解决",
        "太差了，浪费我的时间",
        "氣死我了，答非所問",
        "我要投诉！你们太差了",
        "😡😡😡",
    ],
)
def test_an_angry_message_is_enough(text: str) -> None:
    assert mood_of(text).score >= BOUND


@pytest.mark.parametrize(
    "text",
    [
        "How do I reset my password?",
        "HOW DO I RESET MY PASSWORD",
        "My parcel still has not arrived!!",
        "That is useless to me, do you have a bigger one?",
        "I am not angry, I just want to know. It was never terrible service.",
        "ORDER ABC-DEF-12345 USD EUR",
        "My terrible neighbour took the parcel, what now?",
        "到底怎么退货？",
        "优惠券没用，怎么办",
        "我没生气，只是想问问",
        "怎么投诉快递员？",
        "Where do I go to complain about a courier?",
        "My order is late 😡",
        "",
    ],
)
def test_a_plain_question_is_not(text: str) -> None:
    assert mood_of(text).score < BOUND


@pytest.mark.parametrize("sign", [*circling(1), wished_before(), *mood_of("useless").signs, *mood_of("why!!!").signs])
def test_no_sign_decides_alone(sign: Seen) -> None:
    assert Mood(signs=(sign,)).score < BOUND


def test_a_question_that_comes_the_third_time_decides() -> None:
    assert CALM.with_signs(circling(2)).score >= BOUND
    assert CALM.with_signs(circling(0)) == CALM


def test_disappointment_about_a_question_that_comes_again_decides() -> None:
    first = mood_of("Still not working. Your answer doesn't help at all.")
    assert first.score < BOUND <= first.with_signs(circling(1)).score


SIGNS = st.builds(Seen, sign=st.sampled_from(Sign), weight=st.floats(min_value=0.0, max_value=0.75), words=st.just(""))


@given(st.lists(SIGNS, max_size=6), SIGNS)
def test_one_more_sign_never_makes_calmer_and_nobody_is_surely_unhappy(signs: list[Seen], more: Seen) -> None:
    before, after = Mood(signs=tuple(signs)), Mood(signs=(*signs, more))
    assert 0.0 <= before.score <= after.score + 1e-12
    assert after.score < 1.0


@given(st.text(max_size=300))
def test_whatever_is_written_has_a_mood_with_few_signs(text: str) -> None:
    assert len(mood_of(text).signs) <= 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("如何退货？", "我想知道怎么退货"),
        ("怎么重置密码", "我问的是怎么重置密码"),
        ("怎麼重置密碼", "密码重置不了怎么办"),
    ],
)
def test_the_same_question_in_chinese_is_known_again(one: str, other: str) -> None:
    assert same_by_words(one, other)
    assert same_by_words(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("如何退货？", "如何换货？"),
        ("怎么重置密码", "怎么修改邮箱"),
        ("发票在哪里下载", "在哪里下载说明书"),
        ("？", "！"),
    ],
)
def test_another_question_in_chinese_is_not(one: str, other: str) -> None:
    assert not same_by_words(one, other)


@given(st.text(max_size=60), st.text(max_size=60))
def test_being_the_same_goes_both_ways(one: str, other: str) -> None:
    assert same_by_words(one, other) == same_by_words(other, one)


def test_letters_that_the_embedder_knows_are_told_from_others() -> None:
    assert is_latin("Wo ist mein Paket? Grüße, Jörg")
    assert not is_latin("我的 iPhone 包裹在哪里呢请问一下")
    assert not is_latin("12345 !!")
