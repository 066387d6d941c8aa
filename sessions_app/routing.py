"""WebSocket addresses of this app."""

from django.urls import path

from sessions_app.consumers import ReviewQueueConsumer

websocket_urlpatterns = [
    path("ws/reviews/", ReviewQueueConsumer.as_asgi()),
]
