"""The addresses below /api/v1/ that tell what is measured."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from analytics.api.results import ResultViewSet
from analytics.api.topics import GapViewSet, TopicsView

router = SimpleRouter()
router.register("gaps", GapViewSet, basename="gap")
router.register("results", ResultViewSet, basename="result")

app_name = "analytics_api"
urlpatterns: list[URLPattern | URLResolver] = [*router.urls, path("topics/", TopicsView.as_view(), name="topics")]
