"""Drafts shown while they are written: who watches which conversation, and what its watchers were told so far.

All of it is in Redis and may be lost at any moment: a draft that nobody saw being written is stored all the same. A
process asks once a second which conversations are watched, so a message that nobody watches costs nothing.
"""

import json
import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import redis
from django.contrib.auth.models import User

from sessions_app.access import visible_conversations
from sessions_app.announcing import announce
from sessions_app.conf import LIVE_DRAFT_SECONDS, WATCH_LOOK_SECONDS, WATCH_SECONDS
from sessions_app.context import connection

logger = logging.getLogger(__name__)

_WATCHED: Final = "handrail:watched"

WithdrawnBecause = Literal["stopped", "failed", "superseded", "silent", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDraft:
    """What has been shown of a draft that is being written."""

    turn: int
    run: str  #: another one where the draft was begun anew
    text: str


def group_of(conversation_id: int) -> str:
    """The Channels group of those who watch the conversation."""
    return f"drafts.{conversation_id}"


def may_watch(user_id: int | None, conversation_id: int) -> bool:
    """Staff who may look at drafts and see this conversation, as the database says now."""
    user = User.objects.filter(pk=user_id, is_active=True, is_staff=True).first() if user_id is not None else None
    return user is not None and visible_conversations(user).filter(pk=conversation_id).exists()


def watch(conversation_id: int) -> None:
    """For WATCH_SECONDS from now; whoever goes on watching says so again before."""
    try:
        with connection().pipeline(transaction=False) as pipe:
            pipe.zadd(_WATCHED, {str(conversation_id): time.time() + WATCH_SECONDS})
            pipe.zremrangebyscore(_WATCHED, "-inf", time.time())
            pipe.execute()
    except redis.RedisError:
        logger.warning("watching not noted", extra={"action": "watch_failed"})


class _Watched:
    """The watched conversations, at most WATCH_LOOK_SECONDS old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._ids: frozenset[int] = frozenset()

    def holds(self, conversation_id: int) -> bool:
        if time.monotonic() - self._looked_at >= WATCH_LOOK_SECONDS:
            with self._lock:
                if time.monotonic() - self._looked_at >= WATCH_LOOK_SECONDS:
                    self._ids = self._read()
                    self._looked_at = time.monotonic()
        return conversation_id in self._ids

    def forget(self) -> None:
        self._looked_at = float("-inf")

    @staticmethod
    def _read() -> frozenset[int]:
        try:
            return frozenset(int(str(one)) for one in connection().zrangebyscore(_WATCHED, time.time(), "+inf"))
        except redis.RedisError:
            return frozenset()


_watched = _Watched()


def is_watched(conversation_id: int) -> bool:
    """Whether somebody watched it a second ago. Costs nothing but once a second."""
    return _watched.holds(conversation_id)


def forget_watched() -> None:
    """For those who cannot wait a second."""
    _watched.forget()


def so_far(conversation_id: int) -> LiveDraft | None:
    """What was shown of the draft that is being written now; None if none is."""
    try:
        kept = connection().get(_key(conversation_id))
        return LiveDraft(**json.loads(kept)) if kept else None
    except (redis.RedisError, ValueError, TypeError):
        return None


def show_piece(conversation_id: int, draft: LiveDraft, *, at: int) -> "Future[Any] | None":
    """Tells the watchers what `draft` has from `at` on, and keeps the whole for those who come later.

    Returns what is done once it has left; None if Redis is away.
    """
    try:
        connection().set(_key(conversation_id), json.dumps(asdict(draft)), px=round(LIVE_DRAFT_SECONDS * 1000))
    except redis.RedisError:
        return None
    return announce(
        group_of(conversation_id),
        {
            "type": "draft.piece",
            "conversation": conversation_id,
            "turn": draft.turn,
            "run": draft.run,
            "at": at,
            "text": draft.text[at:],
        },
    )


def withdraw(conversation_id: int, *, turn: int, because: WithdrawnBecause) -> None:
    """What was shown so far does not count."""
    _forget(conversation_id)
    message = {"type": "draft.withdrawn", "conversation": conversation_id, "turn": turn, "because": because}
    announce(group_of(conversation_id), message)


def finish(conversation_id: int, *, turn: int, outcome: str, review_item: int | None) -> None:
    """The stored draft is the truth from now on."""
    _forget(conversation_id)
    message = {"type": "draft.done", "conversation": conversation_id, "turn": turn}
    announce(group_of(conversation_id), {**message, "outcome": outcome, "draft": review_item})


def _forget(conversation_id: int) -> None:
    try:
        connection().delete(_key(conversation_id))
    except redis.RedisError:
        logger.warning("live draft not removed", extra={"action": "live_draft_forget_failed"})


def _key(conversation_id: int) -> str:
    return f"handrail:live-draft:{conversation_id}"


class Following:
    """What one watcher was told of a draft, so that nothing is missing and nothing comes twice."""

    def __init__(self) -> None:
        self._run = ""
        self._length = 0
        self.turn: int | None = None  #: the turn whose draft is being shown; None if none is

    def piece(self, *, turn: int, run: str, at: int, text: str) -> dict[str, Any] | None:
        """What to tell of a piece; None if it is known. Raises `PiecesMissing` where earlier ones did not arrive."""
        is_new = run != self._run
        length = 0 if is_new else self._length
        if at > length:
            raise PiecesMissing
        fresh = text[length - at :]
        if not fresh:
            return None
        self._run, self._length, self.turn = run, length + len(fresh), turn
        return {"turn": turn, "text": fresh, "at": length}

    def whole(self, draft: LiveDraft) -> dict[str, Any] | None:
        """What to tell of all that was shown so far; None if it is known."""
        return self.piece(turn=draft.turn, run=draft.run, at=0, text=draft.text)

    def ended(self) -> None:
        self._run, self._length, self.turn = "", 0, None


class PiecesMissing(Exception):
    """A piece came whose beginning is unknown: read what was shown so far."""
