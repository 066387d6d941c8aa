"""What may be a detail of a person is noticed; what anybody may ask is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.rules.personal_detail import holds_personal_detail

PUBLIC = "Kora kettle K-170: use, descaling. Standard shipping to the Netherlands costs €5.50. PayPal, 2026"


@pytest.mark.parametrize(
    "text",
    [
        "my mail is jo@example.com",
        "see https://example.com/me",
        "order TM-20553190",
        "call 030 / 12 34 56",
        "card 4111 1111 1111 1111",
        "My name is jo",
        "this is Jo speaking",
        "I ordered it for Maria Lopez",
        "hi, Mr. Bean here",
        "please ask maria",
        "我叫小明，订单呢",
        "王先生的退款",
        "thanks. Regards, Jo",
        "invoice A7X",
        "I was born 12.3.1980",
        "JO VAN DIJK's parcel jo",
    ],
)
def test_a_detail_of_a_person_is_noticed(text: str) -> None:
    assert holds_personal_detail(text, names=("Maria Dijk",), public=PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "How do I descale the K-170 kettle?",
        "How much is shipping to the Netherlands?",
        "Can I pay with PayPal?",
        "I need a refund. How?",
        "Do I get my money back in 30 days?",
        "怎么申请退货？",
        "is the VAT shown?",
        "Costs €5.50 in 2026.",
        "It's broken",
        "",
        "- First step\n- Second step",
        "Hello! How long is the warranty?",
    ],
)
def test_what_anybody_may_ask_is_no_detail(text: str) -> None:
    assert not holds_personal_detail(text, names=("Jo",), public=PUBLIC)


def test_the_customers_name_counts_as_a_word_and_inside_chinese() -> None:
    assert holds_personal_detail("is anna there", names=("Anna Berg",))
    assert not holds_personal_detail("bananas", names=("Anna",))
    assert holds_personal_detail("小明的包裹在哪", names=("小明",))


@given(st.text(st.characters(codec=None), max_size=300), st.text(max_size=20))
def test_any_text_can_be_judged_and_an_address_is_always_noticed(text: str, name: str) -> None:
    holds_personal_detail(text, names=(name,), public=text)
    assert holds_personal_detail(f"{text} a@b.c")
