from knowledge.admin.approved_answer import ApprovedAnswerAdmin
from knowledge.admin.article import ArticleAdmin
from knowledge.admin.collection import CollectionAdmin
from knowledge.admin.duplicates import DuplicatePairAdmin
from knowledge.admin.embedder import EmbedderAdmin

__all__ = ["ApprovedAnswerAdmin", "ArticleAdmin", "CollectionAdmin", "DuplicatePairAdmin", "EmbedderAdmin"]
