"""The reranker is asked over real HTTP; whatever it does, a question gets its passages."""

from collections.abc import Iterator

import pytest

from knowledge import reranking
from knowledge.minilm import weights_file
from knowledge.reranking import RerankNote, rerank
from knowledge.retrieval import Audience, search
from tests.integration.knowledge.shelves import publish
from tests.integration.sandbox.running import Running, running_sandbox

QUESTION = "When is my yearly subscription refunded?"
TEXTS = ["The weather is fine.", "When is a subscription refunded?", "Invoices."]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def server(sandbox: Running, settings) -> Iterator[Running]:
    settings.RERANKER_URL = sandbox.url
    settings.RERANKER_TOKEN = "t0ken"
    settings.RERANKER_SECONDS = 0.3
    settings.RERANKER_PASSAGES = 20
    reranking._server.cache_clear()
    sandbox.faults()
    yield sandbox
    sandbox.faults()
    reranking._server.cache_clear()


@pytest.mark.usefixtures("server")
def test_the_rerankers_order_holds() -> None:
    answer = rerank(QUESTION, TEXTS)
    assert answer.note is RerankNote.USED and answer.order[0] == 1
    assert sorted(answer.order) == [0, 1, 2] and all(score is not None for score in answer.scores)


def test_only_the_best_few_are_sent_and_the_rest_follows_as_it_was(server: Running, settings) -> None:
    settings.RERANKER_PASSAGES = 2
    answer = rerank(QUESTION, [*TEXTS, "subscription refunded when my yearly"])
    assert answer.order == (1, 0, 2, 3) and answer.scores[2:] == (None, None)


@pytest.mark.parametrize(
    ("fault", "note"),
    [
        ({"status": 424}, RerankNote.FAILED),
        ({"status": 429}, RerankNote.FAILED),
        ({"mode": "close"}, RerankNote.FAILED),
        ({"mode": "nonsense"}, RerankNote.FAILED),
        ({"mode": "hang"}, RerankNote.SLOW),
        ({"mode": "drip"}, RerankNote.SLOW),
    ],
)
def test_a_failing_reranker_leaves_the_order_alone(server: Running, fault: dict[str, object], note: RerankNote) -> None:
    server.faults(embeddings=fault)
    answer = rerank(QUESTION, TEXTS)
    assert (answer.order, answer.scores, answer.note) == ((0, 1, 2), (None, None, None), note)


def test_after_three_failures_it_is_not_asked_for_a_while(server: Running) -> None:
    server.faults(embeddings={"status": 500})
    assert [rerank(QUESTION, TEXTS).note for _ in range(3)] == [RerankNote.FAILED] * 3
    server.faults()
    assert rerank(QUESTION, TEXTS).note is RerankNote.RESTING


def test_a_server_that_is_not_there_is_left_out(server: Running, settings) -> None:
    settings.RERANKER_URL = "http://127.0.0.1:9"
    assert rerank(QUESTION, TEXTS).note is RerankNote.FAILED


def test_without_a_reranker_nothing_is_asked(settings) -> None:
    settings.RERANKER_URL = ""
    assert rerank(QUESTION, TEXTS).note is RerankNote.OFF


@pytest.mark.django_db
@pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")
class TestSearch:
    @pytest.fixture(autouse=True)
    def articles(self) -> None:
        publish("Money back", "Annual plans are paid back within thirty days.")
        publish("Words", "When is my yearly subscription, and when is my yearly invoice?")

    def test_its_order_and_scores_stand_in_the_result(self, server: Running) -> None:
        found = search(QUESTION, audience=Audience(), language="en")
        assert found.notes == ("reranked",) and found.milliseconds["rerank"] > 0
        assert [passage.rank for passage in found.passages] == [1, 2]
        assert found.passages[0].article_title == "Words"
        assert found.passages[0].rerank_score > found.passages[1].rerank_score

    def test_a_slow_one_is_said_and_costs_no_passage(self, server: Running) -> None:
        alone = search(QUESTION, audience=Audience(), language="en", limit=1)
        server.faults(embeddings={"mode": "hang"})
        slow = search(QUESTION, audience=Audience(), language="en")
        assert slow.notes == ("reranker_slow",) and len(slow.passages) == 2 and len(alone.passages) == 1
