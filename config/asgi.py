"""HTTP, WebSockets and the webhook door, wired."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()  # loads the apps, so it comes before what imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from chatbot.webhooks import WebhookDoor  # noqa: E402
from sessions_app.routing import websocket_urlpatterns  # noqa: E402

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

WEBHOOK_PATHS = frozenset({"/webhooks/intercom", "/webhooks/intercom/"})


class Application:
    """Sends each connection to the part that serves it."""

    def __init__(self) -> None:
        self._webhooks = WebhookDoor()
        self._sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        elif scope["path"] in WEBHOOK_PATHS:
            await self._webhooks(scope, receive, send)
        else:
            await django_application(scope, receive, send)  # type: ignore[arg-type]  # narrower types of the same protocol

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._webhooks.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


application = Application()
