"""Articles, the chunks made from them, and the vectors made from the chunks."""

from knowledge.models.article import Article, ArticleStatus, Visibility, check_attributes
from knowledge.models.chunk import Chunk, ChunkVector, TermFrequency
from knowledge.models.collection import Collection
from knowledge.models.embedder import Embedder, EmbedderKind, EmbedderState
from knowledge.models.indexing_progress import IndexingProgress

__all__ = [
    "Article",
    "ArticleStatus",
    "Chunk",
    "ChunkVector",
    "Collection",
    "Embedder",
    "EmbedderKind",
    "EmbedderState",
    "IndexingProgress",
    "TermFrequency",
    "Visibility",
    "check_attributes",
]
