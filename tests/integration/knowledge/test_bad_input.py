"""Articles of a size or a shape that nobody writes: a clear error or a clean result, never half an article."""

import json

import numpy as np
import pytest
from django.core.management import call_command

from knowledge.conf import ARTICLE_MAX_CHARACTERS, CHUNK_MAX_CHARACTERS
from knowledge.ingestion import refresh_article
from knowledge.minilm import weights_file
from knowledge.models import Article, Chunk, ChunkVector, Collection
from knowledge.retrieval import Audience, search
from tests.integration.knowledge.shelves import publish

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)"),
]
TEN_MEGABYTES = "Words without end. " * 550_000


@pytest.fixture
def any_vectors(monkeypatch) -> None:
    """What an article means is not what is tested here, and reading 500 chunks takes many seconds."""

    def made(self, texts) -> np.ndarray:
        vectors = np.random.default_rng(1).standard_normal((len(texts), 384)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    monkeypatch.setattr("knowledge.minilm.MiniLM.embed_passages", made)


def test_an_article_of_ten_megabytes_is_refused_by_name_and_the_others_are_stored(tmp_path, capsys) -> None:
    lines = [{"id": "huge", "title": "Huge", "body": TEN_MEGABYTES}, {"id": "good", "title": "Good", "body": "Fine."}]
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    call_command("import_articles", str(file), "--json")
    told = capsys.readouterr()
    assert f"{ARTICLE_MAX_CHARACTERS}" in told.err and "articles.jsonl" in told.err and "body" in told.err
    assert list(Article.objects.values_list("title", flat=True)) == ["Good"]


def test_an_article_that_grows_to_ten_megabytes_stays_as_it_was(tmp_path, capsys) -> None:
    file = tmp_path / "articles.jsonl"
    for body in ("Refunds within 30 days.", TEN_MEGABYTES):
        line = json.dumps({"id": "one", "title": "Refunds", "body": body})
        file.write_text(line, encoding="utf-8")
        try:
            call_command("import_articles", str(file), "--json")
        except SystemExit:
            assert body == TEN_MEGABYTES  # a file of bad lines only
    capsys.readouterr()
    assert Article.objects.get().body == "Refunds within 30 days."
    assert [one.text for one in search("refunds", audience=Audience(), language="en").passages] == [
        "Refunds within 30 days."
    ]


@pytest.mark.usefixtures("any_vectors")
@pytest.mark.parametrize("body", ["".join(f"# {n}\n" for n in range(50_000)), "#" * 200_000, "# a " * 50_000])
def test_fifty_thousand_headings_are_stored_whole(body: str) -> None:
    article = publish("Headings", body)
    chunks = list(Chunk.objects.filter(article=article).order_by("position"))
    assert all(body[one.start : one.end] == one.text and len(one.text) <= CHUNK_MAX_CHARACTERS for one in chunks)
    assert "".join("".join(one.text.split()) for one in chunks) == "".join(body.split())
    assert ChunkVector.objects.count() == len(chunks)


@pytest.mark.usefixtures("any_vectors")
def test_an_article_of_the_largest_size_is_indexed_in_one_piece_or_not_at_all(monkeypatch) -> None:
    shelf = Collection.objects.create(name="help")
    body = "One line of text.\n\n" * 5_000
    article = Article.objects.create(
        collection=shelf, external_id="big", title="Big", body=body, language="en", status="published"
    )

    def failing(*arguments: object) -> None:
        raise RuntimeError("the connection was lost")

    with monkeypatch.context() as patch:
        patch.setattr("knowledge.ingestion.store_vectors", failing)
        with pytest.raises(RuntimeError):
            refresh_article(article)
    assert not Chunk.objects.exists()
    assert refresh_article(article).chunks == Chunk.objects.count() == ChunkVector.objects.count() > 0
