"""What a customer said is kept, what mail programs add is not, and every character knows its place in the original."""

import html
import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.intercom.bodies import plain_text
from chatbot.pipeline.understand import understand
from chatbot.rules.cleaning import clean, views
from chatbot.rules.folding import fold
from tests.unit.chatbot.test_understanding import asked

QUESTION = "Can I return the blender?"
LINES = st.lists(
    st.sampled_from(
        [QUESTION, "", "> old words", "On Mon, 22 Nov 2026, Mia wrote:", "--", "Best regards,", "Dana Ortiz",
         "From: a",
         "Sent: b", "To: c", "Subject: d", "Sent from my iPhone", "https://x.example/?utm_source=a&id=1",
         "  two  blanks ",
         "-----Original Message-----", "敏 感", "ﬁne"]
    ),
    max_size=14,
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), LINES.map("\n".join)))
def test_every_character_of_each_view_has_its_place_in_what_was_written(text: str) -> None:
    seen = views(text)
    for view in (seen.cleaned, seen.folded):
        spans = [view.span(place, place + 1) for place in range(len(view.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(first[0] <= second[0] for first, second in pairwise(spans))
    for place, character in enumerate(seen.cleaned.text):
        start, end = seen.cleaned.span(place, place + 1)
        written = text[start:end]
        assert (
            character == written
            or (character in " \n" and not written.strip())
            or (character in "?&" and written in "?&")
        )
    assert seen.folded.text == fold(seen.cleaned.text).text


@given(LINES.map("\n".join))
def test_cleaning_twice_changes_nothing_more_than_once(text: str) -> None:
    once = clean(text).text
    assert len(clean(once).text) <= len(once)
    assert not re.search(r"[ \t]{2}|\n{3}", once)


@pytest.mark.parametrize(
    "added",
    [
        "\n\nOn Mon, 22 Nov 2026 at 10:00, Mia wrote:\n> Hello\n>> older\n",
        "\n\nOn Mon, Nov 22, 2026 at 10:00 AM Mia Support <mia@example.com>\nwrote:\n> Hello",
        "\n\nAm Mo., 22. Nov. 2026 um 10:00 schrieb Mia <mia@example.com>:\n> Hallo",
        "\n\n在 2026年11月22日，Mia 写道：\n> 您好",
        "\n\n-----Original Message-----\nFrom: Mia\nHello",
        "\n\nFrom: Mia <mia@example.com>\nSent: Monday\nTo: Dana\nSubject: Re: order\n\nHello Dana",
        "\n\n发件人：客服\n发送时间：周一\n收件人：Dana\n主题：订单\n\n您好",
        "\n-- \nDana Ortiz\nACME",
        "\n\nBest regards,\nDana Ortiz\nACME GmbH\n+49 30 1234567\nwww.acme.example",
        "\n\nThanks,\nDana",
        "\n\nViele Grüße\nJürgen von der Heide",
        "\nSent from my iPhone",
        "\n发自我的 iPhone",
        "\n[image: logo.png]\nUnsubscribe",
        "\n\nThis e-mail and any attachments are confidential and intended solely for the addressee.\nMore of it.",
    ],
)
def test_what_mail_programs_add_is_left_out(added: str) -> None:
    assert clean(QUESTION + added).text == QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "Thanks,\nwhere is my order?", "thanks\ncall me back please", "I weigh a > b",
        "From: Berlin\nTo: Paris\nhow long?",
        "On Monday your colleague wrote: wait.\nI still wait.", "--", "best", "Dana Ortiz",
        "Is it -- or is it not -- here?",
        "Regards to Mia.\nThe blender is still broken and nobody calls me.", "I got a message sent from my bank",
    ],
)  # fmt: skip
def test_what_the_customer_said_is_kept(text: str) -> None:
    assert clean(text).text == text


def test_tracking_is_taken_out_of_addresses_and_the_address_stays() -> None:
    written = "see https://shop.example/a?utm_source=mail&id=5&gclid=zz#top or https://b.example/?fbclid=1"
    assert clean(written).text == "see https://shop.example/a?id=5#top or https://b.example/"


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("<p>Can I return it?</p><p>It is <b>blue</b> &amp; new.</p>", "Can I return it?\nIt is blue & new."),
        (
            "<div>Can I return it?</div><div class='gmail_quote'><div>On Mon, 22 Nov 2026, Mia wrote:<br></div>"
            "<blockquote><p>Hello</p><p>Dana</p><blockquote>older</blockquote></blockquote></div>",
            "Can I return it?\n\nOn Mon, 22 Nov 2026, Mia wrote:\n> Hello\n> Dana\n>> older",
        ),
        (
            "Can I return it?<br><br>Best regards,<br>Dana Ortiz<br>+49 30 1234567",
            "Can I return it?\n\nBest regards,\nDana Ortiz\n+49 30 1234567",
        ),
        ("<style>p{}</style><p>r&#101;fund</p><img src='https://t.example/p.gif'>", "refund"),
        ("<p>敏&nbsp;感</p>", "敏 感"),
    ],
)  # fmt: skip
def test_a_message_in_html_and_in_plain_text_is_understood_alike(markup: str, plain: str) -> None:
    from_html, from_plain = clean(plain_text(markup)).text, clean(plain_text(plain)).text
    assert re.sub(r"\n+", "\n", from_html) == re.sub(r"\n+", "\n", from_plain)
    assert understand(asked(plain_text(markup))).language == understand(asked(plain_text(plain))).language


@given(
    st.lists(
        st.text(alphabet="abc 敏感<>&.?", min_size=1, max_size=20).map(str.strip).filter(bool), min_size=1, max_size=5
    )
)
def test_any_paragraphs_are_the_same_in_both_forms(paragraphs: list[str]) -> None:
    markup = "".join(f"<p>{html.escape(one)}</p>" for one in paragraphs)
    assert clean(plain_text(markup)).text == clean("\n".join(paragraphs)).text


@pytest.mark.parametrize(
    "text",
    ["> \n" * 50_000, "On x wrote:\n" * 20_000, "于" * 300 + ":\n", ("于在" * 150 + "x:\n") * 500,
     "Best,\n" + "A" * 80 + "\n",
     "From: a\n" * 50_000, "-" * 200_000, "a@" * 100_000, "https://" * 20_000,
     "https://a/?" + "utm_a=1&" * 20_000,
     "<blockquote>" * 20_000 + "x", "\n" * 200_000, " " * 200_000],
    ids=str.__len__,
)  # fmt: skip
def test_hostile_texts_are_cleaned_in_bounded_time(text: str) -> None:
    begun = time.process_time()
    assert len(clean(text).text) <= len(text)
    assert plain_text(text) is not None
    assert time.process_time() - begun < 20


def test_a_short_message_says_nothing_of_its_language_and_keeps_the_conversations() -> None:
    for text in ("ok", "48211", "👍", "https://x.example/a"):
        assert understand(asked(text, language="de")).language == "de"
        assert not understand(asked(text)).is_language_known
