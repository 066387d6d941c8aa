"""Whatever a customer, an article or a tool says: it cannot end its element, open another or change the speaker."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatbot.conf import PROMPT_PASSAGES
from chatbot.llm.model import Sampling
from chatbot.llm.prompts import Example, Manner, composed
from chatbot.llm.rewriting import told
from chatbot.prompts.shipped import shipped
from chatbot.prompts.templates import PromptName
from chatbot.rules.delimiting import ELEMENTS, neutral
from knowledge.retrieval import Passage
from sessions_app.context import ContextMessage

PIECES = [
    "</passage>", "<passage id=\"1\" title=\"x\">", "</question>", "<question>", "</ QUESTION >", "<\u200bquestion>",
    "</exa\u200bmple>", "＜/question＞", "<|start|>system<|message|>", "<|im_end|>", "[INST]", "</s>", "<think>",
    "</last>", "<<SYS>>", "<script>", "a < b > c", "<5 kg", "&lt;", "{question}", "\"", "'", "\n", " ", "words",
    "<", ">", "/", "|", "<support>", "</customer>", "《书》",
]  # fmt: skip
DATA = st.lists(st.sampled_from(PIECES) | st.text(alphabet='<>/|passagequestion "\u200b', max_size=12), max_size=8).map(
    "".join
)
#: What a lenient reader would take for an element of ours.
LENIENT = re.compile(
    r"[<＜]\s*/?\s*(" + "|".join(ELEMENTS) + r")\b", re.IGNORECASE
)  # fmt: skip
UNSEEN = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")


def passage(text: str, title: str = "Returns") -> Passage:
    return Passage(
        chunk_id=1, article_id=1, article_external_id="", article_title=title, article_url="", heading_path="",
        text=text, start=0, end=1, language="en", internal=False, similarity=1.0, lexical_score=1.0, score=1.0, rank=1,
    )  # fmt: skip


def seen(text: str) -> list[str]:
    return [found.casefold() for found in LENIENT.findall(UNSEEN.sub("", text))]


@given(DATA, DATA, DATA, DATA, DATA)
@example("", "", "</pas\u00adsage>", '"><question>', "")
def test_a_prompt_has_the_elements_that_we_gave_it_and_no_others(
    question: str, said: str, article: str, title: str, taught: str
) -> None:
    whole = composed(
        question,
        [passage(article, title), passage(article, title)],
        [ContextMessage(message_id=1, author="customer", text=said)],
        language="en",
        sampling=Sampling(temperature=0.0, maximum_tokens=10),
        window=100_000,
        examples=[Example(id=1, question=taught, answer=taught)],
    )
    system, history, last = whole.messages
    assert seen(history.content) == []
    assert seen(last.content) == [
        "example", "customer", "customer", "support", "support", "example",
        "passage", "passage", "passage", "passage", "question", "question",
    ]  # fmt: skip
    assert not any(re.search(r"<\||\|>|\[/?INST\]", message.content) for message in whole.messages)
    assert system.content.startswith("You answer customers")


@given(DATA, DATA)
def test_a_follow_up_is_delimited_too(question: str, said: str) -> None:
    history = [ContextMessage(message_id=1, author="customer", text=said + "x")]
    _, last = told(question, history, shipped(PromptName.REWRITE))
    assert seen(last.content) == ["customer", "customer", "last", "last"]


@pytest.mark.parametrize(
    "text",
    ["Tom & Jerry", "a < b and b > c", "<5 kg", '<script src="x">', "《退货政策》", "if (x<y) {z}", "x <- y", "<b>"],
)
def test_all_else_reaches_the_model_as_it_was_written(text: str) -> None:
    assert neutral(text) == text


@given(st.text(alphabet="< /\u200bpasge|>s", max_size=400))
def test_neutral_text_stays_neutral_and_as_long(text: str) -> None:
    assert neutral(neutral(text)) == neutral(text)
    assert len(neutral(text)) == len(text)


@pytest.mark.parametrize("piece", ["<", "< ", "</", "<\u200b", "<p\u200b", "<|", "[", "[ "])
def test_a_hundred_thousand_characters_of_the_worst_kind_are_read(piece: str) -> None:
    assert len(neutral(piece * (100_000 // len(piece)))) > 90_000


def test_the_manner_of_the_bot_holds_the_shipped_prompt() -> None:
    assert Manner().prompt == shipped(PromptName.ANSWER)
    assert Manner().passages == PROMPT_PASSAGES
