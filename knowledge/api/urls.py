"""The addresses below /api/v1/."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from knowledge.api.approved_answers import ApprovedAnswerViewSet
from knowledge.api.articles import ArticleViewSet, CollectionViewSet
from knowledge.api.duplicates import DuplicateViewSet
from knowledge.api.question_sets import KnownQuestionViewSet, QuestionSetViewSet
from knowledge.api.search import SearchView

router = SimpleRouter()
router.register("articles", ArticleViewSet, basename="article")
router.register("collections", CollectionViewSet, basename="collection")
router.register("approved-answers", ApprovedAnswerViewSet, basename="approved-answer")
router.register("duplicates", DuplicateViewSet, basename="duplicate")
router.register("evaluation-sets", QuestionSetViewSet, basename="evaluation-set")
router.register("evaluation-questions", KnownQuestionViewSet, basename="evaluation-question")

app_name = "knowledge_api"
urlpatterns: list[URLPattern | URLResolver] = [*router.urls, path("search/", SearchView.as_view(), name="search")]
