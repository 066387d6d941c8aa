"""The client of a text-embeddings-inference server, over real HTTP against the sandbox's stand-in."""

from collections.abc import Iterator

import numpy as np
import pytest

from knowledge import embedding_server
from knowledge.embedders import embedder_named
from knowledge.embedding_server import EmbeddingServer, probe
from knowledge.errors import EmbedderRefused, EmbeddingUnavailable
from tests.integration.sandbox.running import Running, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def server(sandbox: Running, monkeypatch) -> Iterator[Running]:
    monkeypatch.setattr(embedding_server, "EMBEDDER_RETRY_SECONDS", (0.01, 0.01))
    monkeypatch.setattr(embedding_server, "EMBEDDER_QUESTION_SECONDS", 0.3)
    sandbox.faults()
    yield sandbox
    sandbox.faults()


def client(server: Running, **changes: object) -> EmbeddingServer:
    return EmbeddingServer(**{"name": "stand-in", "url": server.url, "token": "t0ken", "dimensions": 256} | changes)


def test_vectors_come_normalised_in_the_order_of_the_texts(server: Running) -> None:
    texts = [f"refund number {n} " + "words " * (n % 7) for n in range(150)]  # five calls of at most 32
    vectors = client(server).embed_passages(texts)
    assert vectors.shape == (150, 256) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    alone = np.concatenate([client(server).embed_questions([text]) for text in (texts[0], texts[77], texts[149])])
    assert np.allclose(vectors[[0, 77, 149]], alone, atol=1e-6)
    assert client(server).embed_passages([]).shape == (0, 256)


def test_the_words_that_a_model_wants_stand_before_the_text(server: Running) -> None:
    plain, prefixed = client(server), client(server, question_prefix="query: ")
    assert np.allclose(prefixed.embed_questions(["refund"]), plain.embed_questions(["query: refund"]))


def test_broken_text_is_embedded(server: Running) -> None:
    assert np.isfinite(client(server).embed_questions(["\ud800 \0", "", "🙂" * 40_000])).all()


def test_a_server_is_asked_for_its_model_and_the_length_of_its_vectors(server: Running) -> None:
    facts = probe(server.url + "/", "")
    assert (facts.model, facts.dimensions, facts.batch_texts) == ("sandbox/hashed-words", 256, 32)


def test_passages_are_tried_again_and_questions_are_not(server: Running) -> None:
    server.faults(embeddings={"status": 429, "times": 2, "path": "/embed"})
    assert client(server).embed_passages(["refund"]).shape == (1, 256)
    server.faults(embeddings={"status": 429, "times": 1, "path": "/embed"})
    with pytest.raises(EmbeddingUnavailable, match="429"):
        client(server).embed_questions(["refund"])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 500}, EmbeddingUnavailable),
        ({"status": 424}, EmbeddingUnavailable),
        ({"mode": "close"}, EmbeddingUnavailable),
        ({"mode": "hang"}, EmbeddingUnavailable),
        ({"mode": "nonsense"}, EmbeddingUnavailable),
        ({"status": 401}, EmbedderRefused),
        ({"status": 413}, EmbedderRefused),
    ],
)
def test_every_failure_is_one_of_ours(server: Running, fault: dict[str, object], error: type[Exception]) -> None:
    server.faults(embeddings=fault)
    with pytest.raises(error) as raised:
        client(server).embed_questions(["what a customer wrote"])
    assert "customer wrote" not in str(raised.value) and "t0ken" not in str(raised.value)


def test_a_server_that_fails_three_questions_rests(server: Running) -> None:
    asked = client(server)
    server.faults(embeddings={"status": 500})
    for _ in range(3):
        with pytest.raises(EmbeddingUnavailable, match="500"):
            asked.embed_questions(["refund"])
    server.faults()
    with pytest.raises(EmbeddingUnavailable, match="rests"):
        asked.embed_questions(["refund"])
    assert asked.embed_passages(["refund"]).shape == (1, 256)


def test_a_server_with_another_model_is_refused(server: Running) -> None:
    with pytest.raises(EmbedderRefused, match="now serves sandbox/hashed-words"):
        client(server, model="another/model").embed_questions(["refund"])
    with pytest.raises(EmbedderRefused, match="another shape"):
        client(server, dimensions=512).embed_questions(["refund"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "http:// blank"])
def test_an_address_that_leads_nowhere_is_said(url: str) -> None:
    with pytest.raises(EmbeddingUnavailable):
        probe(url, "")


@pytest.mark.django_db
def test_an_unknown_embedder_names_the_known_ones() -> None:
    with pytest.raises(EmbeddingUnavailable, match="minilm"):
        embedder_named("nobody")
