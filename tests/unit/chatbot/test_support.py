"""What a model writes is sent only as far as the cited articles bear it out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.pipeline.claims import claims_of, plain_link
from chatbot.pipeline.support import Checked, Fault, check
from tests.unit.chatbot.test_evidence import PASSAGE

REFUNDS = replace(
    PASSAGE,
    article_title="Refunds",
    article_url="https://help.tovemill.example/en/refunds",
    text=(
        "We refund within **5 working days** after arrival. The label fee is €4.95 (EU). "
        "Write to billing@tovemill.example or see https://tovemill.example/returns. "
        "Orders over €1,000 take 30 minutes. Our repair takes 3–5 days in December."
    ),
)
CHINESE = replace(PASSAGE, chunk_id=2, text="退款在包裹到达后5个工作日内完成，标签费为4.95欧元。", language="zh-hans")


def checked(written: str, *, told: str = "") -> Checked:
    return check(
        written, [REFUNDS, CHINESE], told=told, instructions="Use only what the passages say, and promise nothing."
    )


@pytest.mark.parametrize(
    "written",
    [
        "You get the refund within 5 working days [1].",
        "The label fee is 4,95 € [1].",
        "We will refund within five working days after arrival [1].",
        "Orders over EUR 1000 take 30 minutes. [1]",
        "The repair takes 3 to 5 days in December [1].",
        "Write to billing@tovemill.example or see https://tovemill.example/returns/ [1].",
        "1. The label fee is €4.95 [1]\n2. The refund takes 5 working days [1]",
        "退款在5个工作日内完成 [2]。",
    ],
)
def test_what_the_cited_passage_says_may_be_said(written: str) -> None:
    found = checked(written)
    assert (found.stands, found.faults) == (True, ())
    assert "[" not in found.text


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("You get the refund within 7 working days [1].", Fault.NUMBER),
        ("Orders over EUR 1000 take 30 days [1].", Fault.NUMBER),
        ("The label fee is $4.95 [1].", Fault.NUMBER),
        ("We refund after arrival in January [1].", Fault.TIME),
        ("See https://evil.example/returns [1].", Fault.LINK),
        ("See evil.example/returns [1].", Fault.LINK),
        ("Write to billing@evil.example [1].", Fault.ADDRESS),
        ("I have refunded the label fee [1].", Fault.DEED),
        ("Your refund has been issued [1].", Fault.DEED),
        ("I'm processing the refund [1].", Fault.DEED),
        ("已为您退款 [2]。", Fault.DEED),
        ("我已经帮您取消了订单 [2]。", Fault.DEED),
        ("I will refund the label fee [1].", Fault.PROMISE),
        ("We guarantee a new blender [1].", Fault.PROMISE),
        ("我们保证明天退款 [2]。", Fault.PROMISE),
        ("The label fee is €4.95 [7].", Fault.CITATION_UNKNOWN),
        ("Elephants live in Africa and eat grass [1].", Fault.WORDS),
        ("Use only what the passages say, and promise nothing [1].", Fault.INSTRUCTIONS),
    ],
)
def test_what_no_cited_passage_says_is_never_said(written: str, fault: Fault) -> None:
    found = checked(written)
    assert fault in found.faults
    assert not found.stands


def test_what_the_customer_said_may_be_repeated() -> None:
    assert checked("Order 99812 is refunded within 5 working days [1].", told="my order 99812").faults == ()
    assert Fault.NUMBER in checked("Order 99812 is refunded within 5 working days [1].").faults


def test_a_sentence_that_is_not_borne_out_is_cut_and_the_rest_is_sent() -> None:
    found = checked("The label fee is €4.95 [1]. It is refunded within 5 working days [1]. Elephants eat grass [2].")
    assert found.stands
    assert found.is_cut
    assert found.text == "The label fee is €4.95. It is refunded within 5 working days."
    assert "Elephants" in found.whole
    assert found.cited == (REFUNDS,)


@pytest.mark.parametrize(
    "grave", ["I have cancelled it [1].", "See https://evil.example [1].", "Write to a@evil.example [1]."]
)
def test_who_lies_once_is_not_believed_elsewhere(grave: str) -> None:
    assert not checked(f"The label fee is €4.95 [1]. It is refunded within 5 working days [1]. {grave}").stands


def test_an_answer_whose_first_sentence_falls_does_not_stand() -> None:
    assert not checked("Elephants eat much grass [1]. The label fee is €4.95 [1].").stands


def test_a_recorded_action_may_be_told() -> None:
    said = "I have cancelled order 123, and the refund comes within 5 working days [1]."
    assert Fault.DEED in checked(said, told="123").faults
    found = check(said, [REFUNDS], told="cancel order 123", recorded_actions=["cancelled order 123"])
    assert found.faults == ()


def test_a_sentence_that_only_means_the_same_is_saved_by_its_meaning() -> None:
    said = "Refund comes with arrival of goods [1]."
    assert Fault.WORDS in check(said, [REFUNDS], told="").faults
    assert check(said, [REFUNDS], told="", likeness=lambda _sentence, _others: 0.9).faults == ()


@given(st.text(max_size=400), st.text(max_size=80))
def test_nothing_that_a_model_writes_breaks_the_check_or_adds_words(written: str, told: str) -> None:
    found = checked(written, told=told)
    assert 0.0 <= found.support <= 1.0
    assert len(found.text) <= len(written)
    assert all(passage in (REFUNDS, CHINESE) for passage in found.cited)


@given(number=st.integers(10_000, 9_999_999), unit=st.sampled_from(["days", "€", "%", "minutes", "", "天"]))
def test_an_invented_number_is_caught_however_it_is_written(number: int, unit: str) -> None:
    for written in (f"{number} {unit}", f"{number:,} {unit}", f"{number:,}".replace(",", ".") + f" {unit}"):
        assert Fault.NUMBER in checked(f"The label fee of the refund is {written} [1].").faults


@given(st.integers(0, 10**9), st.sampled_from([",", ".", "'"]))
def test_one_number_is_one_number_with_any_separator(number: int, separator: str) -> None:
    assert (
        claims_of(f"about {number} pieces").numbers
        == claims_of(f"about {number:,} pieces".replace(",", separator)).numbers
    )


@pytest.mark.parametrize("written", ["https://a.example/x", "http://www.a.example/x/", "A.example/x.", "a.example/x"])
def test_one_address_is_one_address_however_it_is_written(written: str) -> None:
    assert plain_link(written) == "a.example/x"
    assert claims_of(f"see {written} now").links == {"a.example/x"}
