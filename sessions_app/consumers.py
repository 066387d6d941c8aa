"""Live news for staff: that the review queue changed, and a draft while it is written."""

import asyncio
import contextlib
from typing import Any, Final

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from sessions_app import live_drafts
from sessions_app.conf import WATCH_BEAT_SECONDS

REVIEW_GROUP = "reviews"
#: How a socket is closed to those who may not listen.
FORBIDDEN: Final = 4403


class ReviewQueueConsumer(AsyncJsonWebsocketConsumer):
    """Tells staff that the queue has changed; says nothing to anybody else."""

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated or not user.is_staff:
            await self.close(code=FORBIDDEN)
            return
        await self.channel_layer.group_add(REVIEW_GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(REVIEW_GROUP, self.channel_name)

    async def review_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "review_changed", "waiting": event["waiting"]})


class DraftConsumer(AsyncJsonWebsocketConsumer):
    """One conversation's draft while the bot writes it: `docs/reference/live-drafts.md` has the events.

    Every few seconds it says again that somebody watches, asks whether that person still may, tells what a lost message
    would have told, and takes back a draft whose writer has vanished.
    """

    _beat: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        self._conversation: int = self.scope["url_route"]["kwargs"]["conversation_id"]
        self._following = live_drafts.Following()
        if not await self._may_watch():
            await self.close(code=FORBIDDEN)
            return
        await self.channel_layer.group_add(live_drafts.group_of(self._conversation), self.channel_name)
        await self.accept()
        self._beat = asyncio.create_task(self._keep_watching())

    async def disconnect(self, code: int) -> None:
        if self._beat is not None:
            self._beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beat
        await self.channel_layer.group_discard(live_drafts.group_of(self._conversation), self.channel_name)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """Whoever watches has nothing to say."""

    async def draft_piece(self, event: dict[str, Any]) -> None:
        try:
            told = self._following.piece(turn=event["turn"], run=event["run"], at=event["at"], text=event["text"])
        except live_drafts.PiecesMissing:
            await self._catch_up()
            return
        await self._tell_piece(told)

    async def draft_withdrawn(self, event: dict[str, Any]) -> None:
        self._following.ended()
        await self.send_json(event)

    async def draft_done(self, event: dict[str, Any]) -> None:
        self._following.ended()
        await self.send_json(event)

    async def _keep_watching(self) -> None:
        while True:
            if not await self._may_watch():
                await self.close(code=FORBIDDEN)
                return
            await sync_to_async(live_drafts.watch, thread_sensitive=False)(self._conversation)
            await self._catch_up()
            await asyncio.sleep(WATCH_BEAT_SECONDS)

    async def _catch_up(self) -> None:
        """Tells what was shown so far and did not arrive; takes back what nobody goes on writing."""
        live = await sync_to_async(live_drafts.so_far, thread_sensitive=False)(self._conversation)
        if live is not None:
            await self._tell_piece(self._following.whole(live))
        elif self._following.turn is not None:
            event = {"type": "draft.withdrawn", "conversation": self._conversation, "turn": self._following.turn}
            self._following.ended()
            await self.send_json({**event, "because": "interrupted"})

    async def _tell_piece(self, told: dict[str, Any] | None) -> None:
        if told is not None:
            await self.send_json({"type": "draft.piece", "conversation": self._conversation, **told})

    async def _may_watch(self) -> bool:
        user = self.scope.get("user")
        return user is not None and await database_sync_to_async(live_drafts.may_watch)(user.pk)
