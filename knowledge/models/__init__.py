"""Articles, the chunks made from them, and the vectors made from the chunks."""

from knowledge.models.approved_answer import ApprovedAnswer, ApprovedPhrase, ApprovedPhraseVector
from knowledge.models.article import Article, ArticleStatus, Visibility, check_attributes
from knowledge.models.article_usage import ArticleUsage
from knowledge.models.chunk import Chunk, ChunkReading, ChunkVector, TermFrequency
from knowledge.models.collection import Collection
from knowledge.models.duplicate_pair import DuplicatePair
from knowledge.models.embedder import Embedder, EmbedderKind, EmbedderState
from knowledge.models.importing import ArticleSource, ImportLine, ImportRun, ImportUpload
from knowledge.models.indexing_progress import IndexingProgress
from knowledge.models.question_set import KnownQuestion, QuestionSet

__all__ = [
    "ApprovedAnswer",
    "ApprovedPhrase",
    "ApprovedPhraseVector",
    "Article",
    "ArticleSource",
    "ArticleStatus",
    "ArticleUsage",
    "Chunk",
    "ChunkReading",
    "ChunkVector",
    "Collection",
    "DuplicatePair",
    "Embedder",
    "EmbedderKind",
    "EmbedderState",
    "ImportLine",
    "ImportRun",
    "ImportUpload",
    "IndexingProgress",
    "KnownQuestion",
    "QuestionSet",
    "TermFrequency",
    "Visibility",
    "check_attributes",
]
