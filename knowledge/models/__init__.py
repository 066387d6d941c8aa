"""Articles, the chunks made from them, and the vectors made from the chunks."""

from knowledge.models.article import Article, ArticleStatus, Visibility, check_attributes
from knowledge.models.chunk import Chunk, ChunkVector, TermFrequency
from knowledge.models.collection import Collection
from knowledge.models.embedder import Embedder

__all__ = [
    "Article",
    "ArticleStatus",
    "Chunk",
    "ChunkVector",
    "Collection",
    "Embedder",
    "TermFrequency",
    "Visibility",
    "check_attributes",
]
