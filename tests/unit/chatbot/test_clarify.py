"""A question is asked back only where one word of the customer decides it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.pipeline.clarify import answered, clarification, or_ask
from chatbot.pipeline.decide import Action, Decision, Reason
from knowledge.retrieval import Passage
from tests.unit.chatbot.test_evidence import PASSAGE


def found(*titles: str, score: float = 0.6, language: str = "en") -> list[Passage]:
    return [
        replace(PASSAGE, chunk_id=n, article_id=n, article_title=title, score=score - 0.01 * n, language=language)
        for n, title in enumerate(titles)
    ]


IPHONE, ANDROID = "Install the app on an iPhone", "Install the app on Android"
HELD = Decision(action=Action.HOLD, reasons=(Reason.LOW_CONFIDENCE,), confidence=0.6, threshold=0.85)


def test_articles_that_differ_in_the_platform_make_a_question_back() -> None:
    asked = clarification("How do I install the app?", found(IPHONE, ANDROID), language="en")
    assert asked is not None
    assert asked.options == (IPHONE, ANDROID)
    assert f"1. {IPHONE}\n2. {ANDROID}" in asked.text


def test_it_is_asked_in_the_customers_language() -> None:
    asked = clarification(
        "怎么安装应用", found("在苹果手机上安装应用", "在安卓手机上安装应用", language="zh-hans"), language="zh-hans"
    )
    assert asked is not None
    assert asked.text.startswith("请问")


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        ("How do I install the app on Android?", found(IPHONE, ANDROID)),
        ("How do I install the app?", found(IPHONE)),
        ("How do I install the app?", found(IPHONE, "Parcels to Norway")),
        ("How do I install the app?", found(IPHONE, ANDROID, score=0.2)),
        ("How do I install the app?", [*found(IPHONE), *found(ANDROID, score=0.3)]),
        ("How do I install the app?", found(IPHONE, ANDROID, language="de")),
        ("", found(IPHONE, ANDROID)),
        ("?", found(IPHONE, ANDROID)),
        ("How do I install the app?", []),
    ],
)
def test_nothing_is_asked_that_is_said_already_or_that_no_word_decides(question: str, passages: list[Passage]) -> None:
    assert clarification(question, passages, language="en") is None


def test_only_a_draft_that_would_be_held_for_doubt_becomes_a_question() -> None:
    asked = clarification("How do I install the app?", found(IPHONE, ANDROID), language="en")
    assert or_ask(HELD, asked).action is Action.ASK
    assert or_ask(HELD, asked).reasons == (Reason.ASKED_BACK,)
    assert or_ask(HELD, None) is HELD
    sent = replace(HELD, action=Action.ANSWER, reasons=(Reason.CONFIDENT,))
    assert or_ask(sent, asked) is sent
    orders = replace(HELD, reasons=(Reason.GIVES_ORDERS,))
    assert or_ask(orders, asked) is orders


@pytest.mark.parametrize("answer", ["2", "2.", "the second one", "Second", "number 2 please", "第二个", "option 2"])
def test_a_number_stands_for_its_option(answer: str) -> None:
    assert answered("How do I install it?", [IPHONE, ANDROID], answer) == f"How do I install it?\n{ANDROID}"


@pytest.mark.parametrize("answer", ["android", "7", "neither", "", "2 days ago it broke"])
def test_other_words_speak_for_themselves(answer: str) -> None:
    assert answered("How do I install it?", [IPHONE, ANDROID], answer) == "How do I install it?"


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=60), max_size=5))
def test_options_are_two_or_three_different_titles_or_nothing(question: str, titles: list[str]) -> None:
    asked = clarification(question, found(*titles), language="en")
    assert asked is None or (2 <= len(set(asked.options)) == len(asked.options) <= 3)
    assert answered(question, titles, question).startswith(question)
