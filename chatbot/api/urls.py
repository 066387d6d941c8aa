"""The addresses below /api/v1/ that need to know the bot."""

from django.urls import URLPattern, URLResolver, path

from chatbot.api.retrieval_trial import RetrievalTrialView

app_name = "chatbot_api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("retrieval-test/", RetrievalTrialView.as_view(), name="retrieval-test"),
]
