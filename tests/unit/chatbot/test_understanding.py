"""Small talk, language, and the question that is left once mail quotations are gone."""

from datetime import UTC, datetime

import pytest

from chatbot.conf import QUESTION_CHARACTERS
from chatbot.pipeline.understand import cleaned, understand
from chatbot.rules.language import language_of
from chatbot.rules.small_talk import SmallTalk, small_talk
from chatbot.rules.words import content_words
from sessions_app.models import Author, Message
from sessions_app.snapshots import ConversationSnapshot


def asked(*texts: str, language: str = "", attachments: int = 0) -> ConversationSnapshot:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    waiting = tuple(
        Message(pk=number, text=text, author=Author.CUSTOMER, sent_at=at, attachments=[{"name": "a"}] * attachments)
        for number, text in enumerate(texts, start=1)
    )
    return ConversationSnapshot(
        conversation_id=1, external_id="1", workspace="w", state="bot", language=language, customer_id=1,
        customer_name="", customer_tier="", customer_attributes={}, waiting=waiting, history=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "Hello!",
        "hey there",
        "Good morning team",
        "你好",
        "您好！",
        "在吗",
        "早上好",
        "hi 👋",
        "Hello, hello?",
        "Guten Tag",
        "Hallo zusammen!",
        "buenos días",
        "Is anybody there?",
    ],
)
def test_a_greeting_is_a_greeting(text: str) -> None:
    assert small_talk(text) == SmallTalk.GREETING


@pytest.mark.parametrize(
    "text",
    [
        "thanks",
        "Thank you so much!",
        "ok",
        "great, thanks",
        "bye",
        "谢谢",
        "好的",
        "嗯嗯",
        "好的，谢谢",
        "thx 👍",
        "Vielen Dank!",
        "danke schön",
        "merci beaucoup",
        "muchas gracias",
        "thanks, that helped!",
    ],
)
def test_thanks_ask_nothing(text: str) -> None:
    assert small_talk(text) == SmallTalk.THANKS


@pytest.mark.parametrize(
    "text",
    ["hi, where is my order", "thanks but it still fails", "ok?", "你好，怎么退货", "refund", "no", "hello world app"],
)
def test_what_may_be_a_question_is_no_small_talk(text: str) -> None:
    assert small_talk(text) is None


@pytest.mark.parametrize(
    "word", ["嗯", "哦", "ok", "k", "so", "hi", "good", "goodbye", " ", "!", "你好", "a lot ", "thank you "]
)
def test_repeated_words_before_a_stranger_are_read_in_bounded_time(word: str) -> None:
    assert small_talk((word * 60)[:59] + "#x") is None
    assert small_talk((word * 60)[:58] + "ж") is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is the order that I placed with you last week?", "en"),
        ("Wie kann ich meine Bestellung zurückschicken?", "de"),
        ("¿Cómo puedo devolver mi pedido?", "es"),
        ("我的订单什么时候发货？", "zh-hans"),
        ("我的訂單什麼時候發貨？", "zh-hant"),
        ("注文はいつ届きますか", "ja"),
        ("주문은 언제 도착하나요", "ko"),
        ("ok", ""),
        ("48211", ""),
        ("", ""),
        ("https://example.com/a/b", ""),
    ],
)
def test_the_language_is_known_or_honestly_unknown(text: str, language: str) -> None:
    assert language_of(text) == language


def test_several_messages_are_one_question() -> None:
    assert understand(asked("My blender is broken.", "Can I return it?")).question == (
        "My blender is broken.\nCan I return it?"
    )


def test_new_words_belong_to_the_question_that_still_waits() -> None:
    found = understand(asked("It is the small one."), earlier_question="How do I return a blender?")
    assert found.question == "How do I return a blender?\nIt is the small one."


def test_one_message_that_asks_for_a_person_is_enough() -> None:
    assert understand(asked("Where is my order?", "I want a human")).wants_person
    assert not understand(asked("Where is my order?")).wants_person


def test_signs_without_words_are_no_question_and_the_language_stays() -> None:
    found = understand(asked("?!…", language="de", attachments=1))
    assert (found.question, found.language, found.has_attachment) == ("", "de", True)


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    exact, over = understand(asked("x" * QUESTION_CHARACTERS)), understand(asked("x" * (QUESTION_CHARACTERS + 1)))
    assert (exact.is_cut, over.is_cut) == (False, True)
    assert len(over.question) == QUESTION_CHARACTERS


def test_quoted_mail_is_no_part_of_the_question() -> None:
    mail = "Can I return it?\n\nOn Mon, 22 Nov 2026 at 10:00, Mia wrote:\n> Hello\n> there\n"
    assert cleaned(mail) == "Can I return it?"
    assert cleaned("no > quote") == "no > quote"


@pytest.mark.parametrize(
    "text",
    [
        "-" * 200_000,
        "> \n" * 100_000,
        "On " * 100_000,
        "On x wrote:\n" * 20_000,
        "-- \n" * 50_000,
        "a b" * 100_000,
        " \n" * 100_000,
    ],
)
def test_cleaning_a_long_hostile_text_takes_bounded_time(text: str) -> None:
    assert len(cleaned(text)) <= len(text)
    assert language_of(text) is not None
    assert content_words(text[:8_000]) is not None


def test_content_words_leave_out_what_every_question_has() -> None:
    assert content_words("How do I return my orders?") == frozenset({"return", "order"})
    assert content_words("怎么退货") == frozenset({"退货"})
