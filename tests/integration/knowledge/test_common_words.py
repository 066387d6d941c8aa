"""However common a question's words are, the search by words reads a bounded number of chunks, and the right ones."""

import pytest

from knowledge.conf import CANDIDATES_EACH
from knowledge.errors import EmbeddingUnavailable
from knowledge.minilm import weights_file
from knowledge.retrieval import Audience, Retrieval, search
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]


@pytest.fixture
def without_vectors(monkeypatch) -> None:
    def unavailable(name: str) -> None:
        raise EmbeddingUnavailable("down")

    monkeypatch.setattr("knowledge.question_vectors.embedder_named", unavailable)


@pytest.fixture
def bounds(monkeypatch):
    """As if the collection were a thousand times larger."""

    def small(**values: int) -> None:
        for name, value in ({"RARE_CHUNKS_MAX": 3, "PAIRED_CHUNKS_MAX": 3, "READ_POSTINGS_MAX": 100} | values).items():
            monkeypatch.setattr(f"knowledge.lexical.{name}", value)

    return small


@pytest.fixture
def articles() -> None:
    """Each word stands in several articles, `frozen ladder` in one; the others have nothing of the question."""
    for number in range(6):
        publish(f"Cold {number}", f"Item {number} was frozen overnight.")
        publish(f"Tall {number}", f"Item {number} needs a ladder.")
        publish(f"Other {number}", f"Nothing about shelf {number}.")
    publish("Both", "A frozen ladder must not be climbed.")


def titles(found: Retrieval) -> list[str]:
    return [passage.article_title for passage in found.passages]


def ask(question: str) -> Retrieval:
    return search(question, audience=Audience(), language="en", limit=50)


@pytest.mark.usefixtures("articles", "without_vectors")
def test_two_words_that_are_common_alone_lead_to_the_article_that_has_both(bounds) -> None:
    bounds()
    assert titles(ask("my frozen ladder")) == ["Both"]


@pytest.mark.usefixtures("articles", "without_vectors")
def test_a_rare_word_does_not_keep_the_common_ones_from_leading(bounds) -> None:
    bounds()
    publish("Yeti", "The yeti is never seen.")
    assert sorted(titles(ask("a yeti on a frozen ladder"))) == ["Both", "Yeti"]


@pytest.mark.usefixtures("articles", "without_vectors")
def test_a_common_word_alone_is_read_up_to_the_bound(bounds) -> None:
    bounds(PAIRED_CHUNKS_MAX=4)
    found = titles(ask("ladder"))
    assert len(found) == 4 and all(title == "Both" or title.startswith("Tall") for title in found)


@pytest.mark.usefixtures("articles")
def test_words_too_common_to_lead_still_count_for_what_the_vectors_find(bounds) -> None:
    bounds(READ_POSTINGS_MAX=0)
    found = ask("frozen ladder").passages
    assert found[0].article_title == "Both" and found[0].lexical_score > max(one.lexical_score for one in found[1:])
    assert {one.lexical_score > 0.0 for one in found} == {True, False}


@pytest.mark.usefixtures("articles", "without_vectors")
def test_without_vectors_words_lead_however_common_they_are(bounds) -> None:
    bounds(READ_POSTINGS_MAX=0)
    assert titles(ask("frozen ladder")) == ["Both"]


def test_a_question_that_the_embedder_does_not_read_is_led_by_its_words_however_common(bounds) -> None:
    for number in range(CANDIDATES_EACH + 5):
        publish(f"Shelf {number}", f"Nothing about shelf {number}.")
    publish("退款", "退款会在三天内到账。", language="zh-hans")
    publish("发货", "退款以外的发货说明。", language="zh-hans")
    bounds(RARE_CHUNKS_MAX=1, READ_POSTINGS_MAX=0)
    found = search("退款", audience=Audience(), language="zh-hans", limit=2)
    assert sorted(titles(found)) == ["发货", "退款"]


@pytest.mark.usefixtures("articles", "without_vectors")
def test_chunks_of_another_audience_take_no_place_within_the_bound(bounds) -> None:
    bounds()
    for number in range(6):
        publish(f"Gold {number}", f"Frozen ladder {number}.", audience_tiers=["gold"])
    assert titles(ask("frozen ladder")) == ["Both"]


@pytest.mark.usefixtures("articles", "without_vectors")
def test_a_small_collection_is_searched_whole_however_common_its_words_are_elsewhere(bounds) -> None:
    bounds(READ_POSTINGS_MAX=0)
    publish("Cellar", "The frozen pipe.", collection="cellar")
    publish("Attic", "Behind the ladder.", collection="cellar")
    found = search("frozen ladder", audience=Audience(), language="en", collections=["cellar"])
    assert sorted(titles(found)) == ["Attic", "Cellar"]


@pytest.mark.usefixtures("articles", "without_vectors")
def test_a_larger_collection_is_bounded_by_how_common_its_words_are_everywhere(bounds, monkeypatch) -> None:
    bounds(READ_POSTINGS_MAX=5)
    monkeypatch.setattr("knowledge.lexical.EXHAUSTIVE_CHUNKS", 1)
    publish("Cellar", "The frozen pipe was never thawed.", collection="cellar")
    publish("Attic", "Behind the ladder.", collection="cellar")
    found = search("thawed frozen ladder", audience=Audience(), language="en", collections=["cellar"])
    assert titles(found) == ["Cellar"]  # by its rare word; the list of "ladder" is too long for one that names it alone


@pytest.mark.usefixtures("without_vectors")
def test_an_entry_taken_for_another_language_does_not_win_by_its_stop_words() -> None:
    """Only there "how" and "my" are words at all, and so the rarest ones."""
    for number in range(6):
        publish(f"Shelf {number}", f"Please close my account {number}, how do I do that?")
    publish("Taken for German", "How do I find my hat in the hall?", language="de")
    publish("Wallet", "I lost my wallet.")
    assert titles(ask("how do I report my lost wallet"))[0] == "Wallet"
    assert "Taken for German" not in titles(ask("how do I report my lost wallet"))
