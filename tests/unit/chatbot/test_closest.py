"""Of the passages that the search puts first, the one that has what is asked for goes to the top."""

from dataclasses import replace

import pytest

from chatbot.pipeline import closest
from chatbot.pipeline.closest import COMPARED_PASSAGES, closest_first
from knowledge.errors import EmbeddingUnavailable
from knowledge.retrieval import Passage

pytestmark = pytest.mark.django_db  # where passages that were read ahead are

GMAIL = Passage(
    chunk_id=1, article_id=1, article_external_id="a", article_title="Strike text through in Gmail", article_url="",
    heading_path="", text="Write it in a word processor and paste it.", start=0, end=42, language="en", internal=False,
    similarity=0.8, lexical_score=0.9, score=0.80, rank=1,
)  # fmt: skip
GITHUB = replace(
    GMAIL, chunk_id=2, article_id=2, article_title="Strike text through in GitHub", text="Put two tildes around it.",
    score=0.78, rank=2,
)  # fmt: skip
BEHIND = tuple(replace(GMAIL, chunk_id=n, article_id=n, score=0.5, rank=n) for n in range(3, 12))
QUESTION = "How do I strike text through in GitHub?"


def test_the_passage_with_the_missing_word_comes_first_and_takes_its_rank() -> None:
    found = closest_first(QUESTION, (GMAIL, GITHUB, *BEHIND))
    assert found.passages[0].chunk_id == GITHUB.chunk_id
    assert [passage.rank for passage in found.passages] == list(range(1, 12))
    assert found.passages[COMPARED_PASSAGES:] == BEHIND[COMPARED_PASSAGES - 2 :]
    assert set(found.closeness) == {passage.chunk_id for passage in (GMAIL, GITHUB, *BEHIND)[:COMPARED_PASSAGES]}


def test_one_title_speaks_alike_for_all_passages_of_its_article() -> None:
    other = replace(GITHUB, chunk_id=13, text="Hold the left key for eight seconds.", score=0.77, rank=3)
    found = closest_first(QUESTION, (GMAIL, GITHUB, other))
    assert found.closeness[GITHUB.chunk_id].title == found.closeness[other.chunk_id].title
    assert found.closeness[GITHUB.chunk_id].title != found.closeness[GMAIL.chunk_id].title


def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    whole = (GMAIL, GITHUB, *BEHIND)
    for count in range(len(whole)):
        found = closest_first(QUESTION, whole[:count])
        assert sorted(passage.chunk_id for passage in found.passages) == [one.chunk_id for one in whole[:count]]


def test_a_rerankers_order_is_kept() -> None:
    first = replace(GMAIL, rerank_score=0.9)
    found = closest_first(QUESTION, (first, replace(GITHUB, rerank_score=0.1)))
    assert found.passages[0].chunk_id == GMAIL.chunk_id
    assert found.closeness


@pytest.mark.parametrize("question", ["", "???", "怎么给文字加删除线？", "what is it"])
def test_questions_whose_words_cannot_be_compared_keep_the_searchs_order(question: str) -> None:
    found = closest_first(question, (GMAIL, GITHUB))
    assert found.passages == (GMAIL, GITHUB)
    assert not found.closeness


def test_a_model_that_cannot_be_loaded_costs_the_order_and_not_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[object]:
        raise EmbeddingUnavailable("no file")

    monkeypatch.setattr(closest, "closeness", broken)
    assert closest_first(QUESTION, (GMAIL, GITHUB)).passages == (GMAIL, GITHUB)
