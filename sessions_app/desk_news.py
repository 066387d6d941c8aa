"""News of the desk, once a process: received from Redis, put into JSON, and handed to every open page.

A page's own subscription would decode and encode each piece of news again, for each of 200 colleagues. And what was
told while Redis was away nobody tells again: so a process sends itself a message every PULSE_SECONDS, and when one did
not come back, every page is told to read anew as soon as the next does.
"""

import asyncio
import itertools
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import redis
from channels.layers import get_channel_layer

from sessions_app.conf import MAILBOX_NEWS, PULSE_SECONDS, PULSE_WAIT_SECONDS

logger = logging.getLogger(__name__)

REVIEW_GROUP: Final = "reviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What changed of one item; `queue` and `assigned_to` decide who may see it."""

    queue: int
    assigned_to: int | None
    shown: str  #: JSON for those who may
    gone: str  #: JSON for the others

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "News":
        return cls(
            queue=row["queue"],
            assigned_to=row["assigned_to"],
            shown=json.dumps({"type": "item", "row": row}, ensure_ascii=False),
            gone=json.dumps({"type": "gone", "item": row["id"]}),
        )


class Mailbox:
    """What one page has not been sent yet. A page too slow to keep up is told to read anew instead."""

    def __init__(self) -> None:
        self._news: asyncio.Queue[News | None] = asyncio.Queue(MAILBOX_NEWS)

    def put(self, news: News) -> None:
        if self._news.full():
            self.read_anew()
        else:
            self._news.put_nowait(news)

    def read_anew(self) -> None:
        """News was lost: what waits here is of no use any more."""
        while not self._news.empty():
            self._news.get_nowait()
        self._news.put_nowait(None)

    async def next(self) -> News | None:
        """None: the page has to read anew."""
        return await self._news.get()


class DeskNews:
    """Of one event loop; runs from the first page on."""

    def __init__(self) -> None:
        self._mailboxes: set[Mailbox] = set()
        self._echo = asyncio.Event()
        self._number = 0
        self._run_task: asyncio.Task[None] | None = None

    def join(self, mailbox: Mailbox) -> None:
        self._mailboxes.add(mailbox)
        if self._run_task is None:
            self._run_task = asyncio.create_task(self._run())

    def leave(self, mailbox: Mailbox) -> None:
        self._mailboxes.discard(mailbox)

    async def _run(self) -> None:
        layer = get_channel_layer()
        channel = ""
        receiver: asyncio.Task[None] | None = None
        was_lost = False
        for self._number in itertools.count(1):
            try:
                if receiver is None or receiver.done():  # at first, and should it ever fail
                    channel = await layer.new_channel("desk.")
                    await layer.group_add(REVIEW_GROUP, channel)
                    receiver = asyncio.create_task(self._receive(layer, channel))
                came_back = await self._echoed(layer, channel)
            except (OSError, RuntimeError, redis.RedisError):
                came_back = False
            if came_back and was_lost:
                logger.warning("news was lost; pages read anew", extra={"action": "news_caught_up"})
                for mailbox in tuple(self._mailboxes):
                    mailbox.read_anew()
            was_lost = not came_back
            await asyncio.sleep(PULSE_SECONDS)

    async def _receive(self, layer: Any, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            match message.get("type"):
                case "pulse" if message.get("number") == self._number:
                    self._echo.set()
                case "review.changed":
                    news = News.of(message["row"])
                    for mailbox in tuple(self._mailboxes):
                        mailbox.put(news)

    async def _echoed(self, layer: Any, channel: str) -> bool:
        """True if a message to ourselves came back in time."""
        self._echo.clear()
        await layer.send(channel, {"type": "pulse", "number": self._number})
        try:
            async with asyncio.timeout(PULSE_WAIT_SECONDS):
                await self._echo.wait()
        except TimeoutError:
            return False
        return True


_of_loops: dict[asyncio.AbstractEventLoop, DeskNews] = {}


def desk_news() -> DeskNews:
    """Of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _of_loops:
        for other in [one for one in _of_loops if one.is_closed()]:
            del _of_loops[other]
        _of_loops[loop] = DeskNews()
    return _of_loops[loop]
