"""Live news for staff: what changes on the desk, and a draft while it is written.

What is told of the desk was looked up when it changed; each page gets what its person may see.
"""

import asyncio
import contextlib
from typing import Any, Final

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from sessions_app import live_drafts, presence
from sessions_app.conf import PRESENCE_SECONDS, WATCH_BEAT_SECONDS
from sessions_app.desk_news import Mailbox, News, desk_news
from sessions_app.signals import socket_closed, socket_opened

#: How a socket is closed to those who may not listen.
FORBIDDEN: Final = 4403


def conversation_group(conversation_id: int) -> str:
    return f"conversation.{conversation_id}"


class DeskConsumer(AsyncJsonWebsocketConsumer):
    """Tells staff what changes on the desk, and the desk who is at what; says nothing to anybody else."""

    _sending: "asyncio.Task[None] | None" = None

    async def connect(self) -> None:
        user = self.scope.get("user")
        self.seen = await database_sync_to_async(presence.Seen.of)(user)
        if self.seen is None:
            await self.close(code=FORBIDDEN)
            return
        self.conversation = self.item = 0
        await self.accept()
        socket_opened.send(sender=DeskConsumer, kind="desk")
        self._mailbox = Mailbox()
        self._sending = asyncio.create_task(self._send_news())
        desk_news().join(self._mailbox)

    async def disconnect(self, code: int) -> None:
        if self._sending is not None:
            socket_closed.send(sender=DeskConsumer, kind="desk")
            desk_news().leave(self._mailbox)
            self._sending.cancel()
            await self._look_away()

    async def receive_json(self, content: Any, **_: Any) -> None:
        if not isinstance(content, dict) or self.seen is None:
            return
        match content.get("type"):
            case "look":
                await self._look(presence.number(content.get("conversation")), presence.number(content.get("item")))
            case "stay" if self.item:
                held = await database_sync_to_async(presence.stay)(self.seen.user, self.item)
                await self.send_json({"type": "stay", "item": self.item, "held": held})
            case "typing" if self.conversation:
                await self.channel_layer.group_send(
                    conversation_group(self.conversation),
                    {"type": "desk.typing", "name": self.seen.name, "sender": self.channel_name},
                )

    async def _look(self, conversation: int, item: int) -> None:
        await self._look_away()
        if conversation and await database_sync_to_async(presence.may_look)(self.seen.user, conversation):
            self.conversation, self.item = conversation, item
            await self.channel_layer.group_add(conversation_group(conversation), self.channel_name)
            await self.send_json({"type": "look", "conversation": conversation})

    async def _look_away(self) -> None:
        if self.conversation:
            await self.channel_layer.group_discard(conversation_group(self.conversation), self.channel_name)
        if self.item:
            await database_sync_to_async(presence.left)(self.seen.user, self.item)
        self.conversation = self.item = 0

    async def _send_news(self) -> None:
        """One piece after the other, as fast as this page takes it."""
        while self.seen is not None:
            news = await self._mailbox.next()
            try:
                if news is None:
                    await self.send_json({"type": "again"})
                elif await self._may_still_look():
                    await self.send(text_data=self._told(news))
            except (OSError, RuntimeError):
                return  # the page is gone; `disconnect` comes

    async def _may_still_look(self) -> bool:
        """Asks again after a while; whoever may no longer is sent away."""
        if self.seen.is_older_than(PRESENCE_SECONDS):
            self.seen = await database_sync_to_async(presence.Seen.of)(self.seen.user)
            if self.seen is None:
                await self.close(code=FORBIDDEN)
        return self.seen is not None

    def _told(self, news: News) -> str:
        return news.shown if self.seen.sees(news.queue, news.assigned_to) else news.gone

    async def conversation_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({"type": "conversation", "conversation": event["conversation"]})

    async def desk_typing(self, event: dict[str, Any]) -> None:
        if event["sender"] != self.channel_name:
            await self.send_json({"type": "typing", "name": event["name"]})


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
        socket_opened.send(sender=DraftConsumer, kind="draft")
        self._beat = asyncio.create_task(self._keep_watching())

    async def disconnect(self, code: int) -> None:
        if self._beat is not None:
            socket_closed.send(sender=DraftConsumer, kind="draft")
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
        return user is not None and await database_sync_to_async(live_drafts.may_watch)(user.pk, self._conversation)
