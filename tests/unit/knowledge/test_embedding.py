import numpy as np
import pytest

from knowledge import model_files
from knowledge.embedders import embedder_named
from knowledge.errors import ModelDamaged
from knowledge.minilm import SHAPE, WEIGHTS_SHA256, weights_file
from knowledge.model_files import model_file

pytestmark = pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")

TEXTS = [
    "How do I get a refund for my annual plan?",
    "Can I have my money back for a yearly subscription?",
    "The weather in Paris is sunny today.",
    "",
    "🙂",
    "退款",
    "long " * 5000,
]


@pytest.mark.parametrize("name", ["minilm", "minilm-int8"])
def test_similar_sentences_are_closer_than_unrelated_ones(name: str) -> None:
    refund, money, weather = embedder_named(name).embed_questions(TEXTS[:3])
    assert refund @ money > refund @ weather + 0.3


@pytest.mark.parametrize("name", ["minilm", "minilm-int8"])
def test_vectors_are_normalised_and_the_same_alone_as_together(name: str) -> None:
    embedder = embedder_named(name)
    together = embedder.embed_passages(TEXTS * 6)[: len(TEXTS)]
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    asked = np.concatenate([embedder.embed_questions([text]) for text in TEXTS])
    assert np.abs(embedder.embed_questions(TEXTS) - asked).max() < 1e-4
    assert together.shape == (len(TEXTS), embedder.dimensions) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-4)
    assert np.abs(together - alone).max() < 1e-4


def test_no_texts_give_no_vectors() -> None:
    assert embedder_named("minilm").embed_passages([]).shape == (0, 384)


def test_broken_unicode_is_embedded() -> None:
    assert np.isfinite(embedder_named("minilm").embed_questions(["\ud800 \0 refund"])).all()


def test_int8_stays_close_to_fp32() -> None:
    fp32, int8 = (embedder_named(name).embed_passages(TEXTS[:3]) for name in ("minilm", "minilm-int8"))
    assert (fp32 * int8).sum(axis=1).min() > 0.97


def test_a_question_lies_beside_the_same_words_as_a_passage() -> None:
    embedder = embedder_named("minilm")
    asked, found = embedder.embed_questions(TEXTS[:3]), embedder.embed_passages(TEXTS[:3])
    assert (asked * found).sum(axis=1).min() > 0.97


def test_foreign_weights_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(model_files, "models_directory", lambda: tmp_path)
    foreign = tmp_path / "model.safetensors"
    foreign.write_bytes(b"not the weights")
    with pytest.raises(ModelDamaged, match="SHA-256"):
        model_file("minilm", weights=foreign, sha256=WEIGHTS_SHA256, shape=SHAPE)
    assert not list(tmp_path.glob("*.onnx"))
