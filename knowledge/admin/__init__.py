from knowledge.admin.article import ArticleAdmin
from knowledge.admin.collection import CollectionAdmin
from knowledge.admin.embedder import EmbedderAdmin

__all__ = ["ArticleAdmin", "CollectionAdmin", "EmbedderAdmin"]
