"""WebSocket addresses of this app."""

from django.urls import path

from sessions_app.consumers import DraftConsumer, ReviewQueueConsumer

websocket_urlpatterns = [
    path("ws/reviews/", ReviewQueueConsumer.as_asgi()),
    path("ws/drafts/<int:conversation_id>/", DraftConsumer.as_asgi()),
]
