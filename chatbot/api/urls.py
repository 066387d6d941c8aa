"""The addresses below /api/v1/ that need to know the bot."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from chatbot.api.retrieval_trial import RetrievalTrialView
from chatbot.api.review import PacketViewSet, ReviewItemViewSet, ReviewQueueViewSet

router = SimpleRouter()
router.register("review-queues", ReviewQueueViewSet, basename="review-queue")
router.register("review-items", ReviewItemViewSet, basename="review-item")
router.register("packets", PacketViewSet, basename="packet")

app_name = "chatbot_api"
urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("retrieval-test/", RetrievalTrialView.as_view(), name="retrieval-test"),
]
