from knowledge.admin.approved_answer import ApprovedAnswerAdmin
from knowledge.admin.article import ArticleAdmin
from knowledge.admin.collection import CollectionAdmin
from knowledge.admin.conflict import ConflictAdmin
from knowledge.admin.duplicates import DuplicatePairAdmin
from knowledge.admin.embedder import EmbedderAdmin
from knowledge.admin.import_run import ImportRunAdmin
from knowledge.admin.question_set import KnownQuestionAdmin, QuestionSetAdmin

__all__ = [
    "ApprovedAnswerAdmin",
    "ArticleAdmin",
    "CollectionAdmin",
    "ConflictAdmin",
    "DuplicatePairAdmin",
    "EmbedderAdmin",
    "ImportRunAdmin",
    "KnownQuestionAdmin",
    "QuestionSetAdmin",
]
