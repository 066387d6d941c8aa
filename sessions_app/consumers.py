"""Live news for the review page: only that something changed; the page asks for what it may see."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

REVIEW_GROUP = "reviews"


class ReviewQueueConsumer(AsyncJsonWebsocketConsumer):
    """Tells staff that the queue has changed; says nothing to anybody else."""

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated or not user.is_staff:
            await self.close(code=4403)
            return
        await self.channel_layer.group_add(REVIEW_GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(REVIEW_GROUP, self.channel_name)

    async def review_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "review_changed", "waiting": event["waiting"]})
