"""WebSocket addresses of this app."""

from django.urls import path

from sessions_app.consumers import DeskConsumer, DraftConsumer

websocket_urlpatterns = [
    path("ws/desk/", DeskConsumer.as_asgi()),
    path("ws/drafts/<int:conversation_id>/", DraftConsumer.as_asgi()),
]
