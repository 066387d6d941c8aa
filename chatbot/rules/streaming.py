"""A draft shown while it is written: what a rule stops never leaves, however the stream is cut into pieces.

Held back are the last characters, whatever a rule might still find there, and everything once a rule that decides has
found something. What is let go is checked as it stands, so that the promise does not rest on guessing what comes.
"""

from datetime import datetime

from chatbot.rules.matching.matcher import Matcher, Rule, Scope, Verdict, masked

#: Characters at the end that always wait: a hit there may become another word, or none.
HELD_CHARACTERS = 80
#: Characters that come together before the text is looked at again.
STEP_CHARACTERS = 60


class OutgoingStream:
    """One draft. Not for several threads."""

    def __init__(self, matcher: Matcher, *, language: str = "", now: datetime | None = None) -> None:
        self._matcher, self._language, self._now = matcher, language, now
        self._text = ""
        self._shown = 0  #: characters of the text that were let go
        self._looked_at = 0
        self.is_stopped = False  #: nothing more leaves; the draft as a whole is for the pipeline to judge
        self.stopped_by: Rule | None = None  #: None if it was stopped for another reason than a rule

    def feed(self, piece: str) -> str:
        """What may be shown now, perhaps ""; masked words are blotted out."""
        self._text += piece
        if self.is_stopped or len(self._text) - self._looked_at < STEP_CHARACTERS:
            return ""
        return self._let_go(is_end=False)

    def finish(self) -> str:
        """The rest, once the draft is whole."""
        return "" if self.is_stopped else self._let_go(is_end=True)

    def _let_go(self, *, is_end: bool) -> str:
        self._looked_at = len(self._text)
        whole = self._checked(len(self._text))
        end = len(self._text) if is_end else self._end_of_the_certain(whole)
        if end <= self._shown:
            return ""
        # Once with what follows, which may make a word of it, and once as the reader will see it.
        cut = self._checked(end)
        hits = [hit for verdict in (whole, cut) for hit in verdict.hits if hit.start < end and hit.end > self._shown]
        found = Verdict(hits=tuple(sorted(hits, key=lambda hit: (hit.start, hit.end))))
        is_torn = any(start < self._shown or stop > end for start, stop in found.masks)
        if found.decisive is not None or is_torn or not (whole.is_complete and cut.is_complete):
            self.is_stopped, self.stopped_by = True, found.decisive
            return ""
        shown = masked(
            self._text[self._shown : end], [(start - self._shown, stop - self._shown) for start, stop in found.masks]
        )
        self._shown = end
        return shown

    def _checked(self, end: int) -> Verdict:
        return self._matcher.check(self._text[:end], scope=Scope.OUTGOING, language=self._language, now=self._now)

    def _end_of_the_certain(self, whole: Verdict) -> int:
        """Where what is surely no part of a hit ends: before the last characters, and what may have begun there."""
        end = max(0, min(len(self._text) - HELD_CHARACTERS, self._matcher.open_place(self._text)))
        # From the last hit to the first: one that reaches over the end draws it before itself.
        for hit in sorted(whole.hits, key=lambda hit: hit.end, reverse=True):
            if hit.start < end <= hit.end:
                end = hit.start
        return max(end, self._shown)
