"""A clock for the stages of one turn."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: The stages of a turn, in order, as its story names them.
STAGES_IN_WORDS: Final[Mapping[str, Promise]] = {
    "conversation": _("Reading the conversation"),
    "understand": _("Understanding the message"),
    "mask": _("Masking personal data"),
    "mood": _("Reading the mood"),
    "approved": _("Looking for an approved answer"),
    "recall": _("Looking for an answer given before"),
    "retrieve": _("Searching the articles"),
    "generate": _("Writing the draft"),
    "decide": _("Deciding"),
}
#: jsonb forgets the order of keys.
STAGES: Final = tuple(STAGES_IN_WORDS)


class StageClock:
    """Milliseconds by stage, in the order in which they ran."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.milliseconds[name] = round((time.perf_counter() - started) * 1000, 2)
