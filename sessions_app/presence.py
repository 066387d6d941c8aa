"""Who sits at the desk: what they may be told, and what they are at."""

import time
from collections.abc import Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from sessions_app import claims
from sessions_app.access import DECIDE, LOOK, may, visible_conversations, visible_items, visible_queues
from sessions_app.errors import AlreadyDecided, HeldByAnother
from sessions_app.models import ReviewItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one person may see, as of a moment ago."""

    user: "User"
    name: str
    queues: Set[int]
    asked_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, user: Any) -> "Seen | None":
        """None for whoever may not look at the desk, or no longer may."""
        if user is None or not user.is_authenticated:
            return None
        fresh = get_user_model().objects.filter(pk=user.pk).first()
        if fresh is None or not fresh.is_staff or not may(fresh, LOOK):
            return None
        queues = frozenset(visible_queues(fresh).values_list("pk", flat=True))
        return cls(user=fresh, name=fresh.get_username(), queues=queues)

    def sees(self, queue: int, assigned_to: int | None) -> bool:
        return queue in self.queues or assigned_to == self.user.pk

    def is_older_than(self, seconds: float) -> bool:
        return time.monotonic() - self.asked_at > seconds


def may_look(user: "User", conversation_id: int) -> bool:
    return visible_conversations(user).filter(pk=conversation_id).exists()


def stay(user: "User", item_id: int) -> bool:
    """Move the claim on; False if somebody else is at it, or it no longer waits."""
    if not may(user, DECIDE) or not visible_items(user).filter(pk=item_id).exists():
        return False
    try:
        claims.claim(item_id, user=user)
    except (AlreadyDecided, HeldByAnother, ReviewItem.DoesNotExist):
        return False
    return True


def left(user: "User", item_id: int) -> None:
    claims.leave(item_id, user_id=user.pk)


def number(value: object) -> int:
    """0 for whatever is no number of a row."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else 0
