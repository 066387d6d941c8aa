"""The model stand-in quotes, cites, or says that it does not know."""

from sandbox.model.quoting import REFUSAL, compose, question

PASSAGES = (
    '<passage id="1" title="Returns">You can return most products within 30 days. Opened software is not.</passage>'
    '<passage id="2" title="Refunds">We pay refunds within 5 working days. The bank may need longer.</passage>'
)


def ask(text: str, passages: str = PASSAGES) -> str:
    return compose(
        [{"role": "system", "content": f"Answer from the passages.\n{passages}"}, {"role": "user", "content": text}]
    ).text


def test_the_sentence_that_overlaps_most_is_quoted_with_its_passage() -> None:
    assert ask("When are refunds paid?") == "We pay refunds within 5 working days. [2]"
    assert ask("How do I return a product?") == "You can return most products within 30 days. [1]"


def test_without_overlap_it_does_not_know() -> None:
    assert ask("Who won the football match?") == REFUSAL == "I do not know."
    assert ask("How do I do it, please?") == REFUSAL
    assert ask("When are refunds paid?", passages="") == REFUSAL


def test_chinese_is_matched_without_spaces() -> None:
    passages = '<passage id="7" title="退款">收到退货后五个工作日内退款。银行可能需要更久。</passage>'
    assert ask("退款要几个工作日？", passages) == "收到退货后五个工作日内退款。 [7]"


def test_the_question_is_the_last_users_message_without_its_passages() -> None:
    assert question(f"{PASSAGES}\nQuestion: When are refunds paid?").strip() == "When are refunds paid?"
    assert question(f"{PASSAGES}<question>Can I return it?</question>Cite.") == "Can I return it?"
    messages = [
        {"role": "user", "content": "How do I return a product?"},
        {"role": "assistant", "content": "Within 30 days."},
        {"role": "user", "content": f"{PASSAGES}\nWhen are refunds paid?"},
    ]
    assert compose(messages).text == "We pay refunds within 5 working days. [2]"


def test_strange_messages_are_answered_and_do_not_fail() -> None:
    assert compose([{"role": "user"}, {"role": "user", "content": [{"type": "text", "text": "hello"}]}]).text == REFUSAL
    assert compose([{"role": "user", "content": "<passage id=1>" * 20_000}]).text == REFUSAL
