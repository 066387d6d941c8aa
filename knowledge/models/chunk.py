"""What is searched: chunks of articles, their vectors, and how common each word is."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField, SparseVectorField

from knowledge.models.article import Article
from knowledge.models.collection import Collection
from knowledge.models.embedder import Embedder


class Chunk(models.Model):
    """A piece of an article: `article.body[start:end] == text`. Replaced as a whole when the article changes.

    `collection`, `published`, `internal` and the audience repeat the article's, so that one search filters while it
    ranks. A trigger on the article keeps them equal in the same transaction, whoever writes it.
    """

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    heading_path = models.TextField(blank=True)  #: "Refunds > Annual plans"
    text = models.TextField()
    start = models.PositiveIntegerField()  #: characters
    end = models.PositiveIntegerField()  #: characters, exclusive
    language = models.CharField(max_length=20, blank=True)

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    published = models.BooleanField()
    internal = models.BooleanField()
    audience_tiers = ArrayField(models.CharField(max_length=100), default=list)
    audience_attributes = models.JSONField(default=dict)

    search_vector = SearchVectorField()
    #: BM25's share that does not depend on the question: one number a word, at the word's index (see lexical.py).
    term_weights = SparseVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "position"], name="knowledge_chunk_position_once"),
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="knowledge_chunk_not_empty"),
        ]
        indexes = [GinIndex(fields=["search_vector"], name="knowledge_chunk_words", fastupdate=False)]

    def __str__(self) -> str:
        return f"{self.article_id} #{self.position}"


class ChunkVector(models.Model):
    """One embedder's vector of one chunk; each embedder has an HNSW index of its own (see embedders.py)."""

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    embedder = models.ForeignKey(Embedder, on_delete=models.CASCADE, related_name="vectors", db_index=False)
    embedding = HalfVectorField()  #: L2-normalised; its length is the embedder's `dimensions`

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "embedder"], name="knowledge_chunkvector_once")]

    def __str__(self) -> str:
        return f"{self.chunk_id} by {self.embedder_id}"


class ChunkReading(models.Model):
    """A chunk as the comparing model reads it, word by word (see readings.py). Goes with its chunk, by the database."""

    chunk = models.OneToOneField(
        Chunk, on_delete=models.CASCADE, primary_key=True, related_name="reading", db_constraint=False
    )
    version = models.CharField(max_length=40)  #: what made it
    reading = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.chunk_id} read by {self.version}"


class TermFrequency(models.Model):
    """In how many chunks of a collection a word stands; the empty word counts the chunks. Kept by triggers on Chunk."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+", db_index=False)
    lexeme = models.TextField()
    chunks = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lexeme", "collection"], name="knowledge_termfrequency_once")]

    def __str__(self) -> str:
        return f"{self.lexeme}: {self.chunks}"
