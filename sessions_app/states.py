"""Who holds a conversation, and the only moves that are allowed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.errors import IllegalTransition


class State(models.TextChoices):
    BOT = "bot", _("with the bot")
    REVIEW = "review", _("waiting for review")
    PERSON = "person", _("with a person")
    CLOSED = "closed", _("closed")


#: state -> the states it may move to. Staying where one is needs no move.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.BOT: frozenset({State.REVIEW, State.PERSON, State.CLOSED}),
    State.REVIEW: frozenset({State.BOT, State.PERSON, State.CLOSED}),
    State.PERSON: frozenset({State.BOT, State.CLOSED}),
    State.CLOSED: frozenset({State.BOT, State.PERSON}),
}


def checked(current: str, wanted: str) -> State:
    """`wanted`, if a conversation in `current` may move there; else raises `IllegalTransition`."""
    if wanted != current and wanted not in TRANSITIONS[current]:
        raise IllegalTransition(current, wanted)
    return State(wanted)
