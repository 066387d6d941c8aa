"""The experiments that run now, at most two seconds old in every process, and where a conversation stands in them."""

import logging
from typing import Final

from chatbot.errors import ChangeUnusable
from chatbot.experiments.placing import NOWHERE, OUTSIDE_SHARE, Placement, Running, place
from chatbot.going_live import is_admitted
from chatbot.models import ChangeKind, Experiment
from chatbot.recent import RecentRows
from chatbot.steering import steering
from chatbot.trying.change import Change
from chatbot.trying.variant import TODAY
from chatbot.trying.variants import variant_of
from sessions_app.models import Conversation

logger = logging.getLogger(__name__)

KINDS: Final = {
    Experiment.Lever.PROMPT: ChangeKind.PROMPT,
    Experiment.Lever.PROFILE: ChangeKind.PROFILE,
    Experiment.Lever.THRESHOLD: ChangeKind.THRESHOLD,
}


def placement_of(conversation: Conversation) -> Placement:
    """`conversation`'s customer must be loaded. The same for every turn of it, whichever process asks."""
    percent, running = steering().live_share, _running.get("")
    if not running and percent >= 100:
        return NOWHERE
    customer = f"{conversation.customer.workspace}:{conversation.customer.external_id}"
    if not is_admitted(customer, percent=percent):
        return OUTSIDE_SHARE
    return place(customer, began_at=conversation.created_at, running=running)


def forget_recent_experiments() -> None:
    """For those who have just started or stopped one and cannot wait two seconds."""
    _running.clear()


def _load(_key: str) -> tuple[Running, ...]:
    rows = Experiment.objects.filter(started_at__isnull=False, stopped_at=None).order_by("pk")
    return tuple(one for one in map(_usable, rows) if one is not None)


def _usable(row: Experiment) -> Running | None:
    """One that cannot be applied any more treats nobody differently, and counts nobody, in both arms alike."""
    assert row.started_at is not None
    variant = TODAY
    if row.lever in KINDS:
        try:
            variant = variant_of(Change(kind=KINDS[Experiment.Lever(row.lever)], payload=row.payload))
        except ChangeUnusable:
            logger.exception("experiment left out", extra={"action": "experiment_unusable", "experiment": row.pk})
            return None
    return Running(
        id=row.pk,
        salt=row.salt,
        share=row.share / 100,
        started_at=row.started_at,
        is_holdout=row.lever == Experiment.Lever.HOLDOUT,
        variant=variant,
    )


_running: RecentRows[str, tuple[Running, ...]] = RecentRows(_load)
