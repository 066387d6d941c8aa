"""A draft shown to those who watch its conversation while the model writes it; to nobody, it costs next to nothing.

What leaves has passed the rules about what the bot says, however the stream was cut. It is not yet checked against its
sources: only the stored draft is, which replaces it.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from uuid import uuid4

from django.utils import timezone

from chatbot.conf import LIVE_STEP_SECONDS
from chatbot.intercom.bodies import plain_text
from chatbot.intercom.reply_html import reply_html
from chatbot.rules.current import current_matcher
from chatbot.rules.matching.matcher import Scope
from chatbot.rules.streaming import OutgoingStream
from sessions_app import live_drafts
from sessions_app.live_drafts import LiveDraft, WithdrawnBecause, is_watched


class LiveWriting:
    """The writing of one turn's draft. Not for several threads."""

    def __init__(self, *, conversation_id: int, turn_id: int) -> None:
        self._conversation, self._turn = conversation_id, turn_id
        self._next_look = float("-inf")
        self._sending: Future[Any] | None = None
        self._stream: OutgoingStream | None = None  #: None until somebody watches
        self._run = self._read = self._shown = ""
        self._is_over = False  #: nothing more is shown of this try

    def heard(self, so_far: Callable[[], str]) -> None:
        """A `Listener`: shows what is new, at most every LIVE_STEP_SECONDS, and never waits for Redis' readers."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LIVE_STEP_SECONDS
        if self._is_over or not is_watched(self._conversation):
            return
        if self._sending is not None and not self._sending.done():
            return
        text = so_far()
        stream = self._stream
        if stream is None or not text.startswith(self._read):
            stream = self._begun()  # perhaps anew: another server, or another try
        piece = stream.feed(text[len(self._read) :])
        self._read = text
        if stream.is_stopped or (piece and self._hides_a_word(self._shown + piece)):
            self._is_over = True
            if self._shown:
                self.withdraw("stopped")
        elif piece:
            at, self._shown = len(self._shown), self._shown + piece
            draft = LiveDraft(turn=self._turn, run=self._run, text=self._shown)
            self._sending = live_drafts.show_piece(self._conversation, draft, at=at)

    def given_up(self) -> None:
        """The model failed: what was shown will not be the draft."""
        if self._shown:
            self.withdraw("failed")
        self._stream, self._shown = None, ""

    def withdraw(self, because: WithdrawnBecause) -> None:
        """Takes back what was shown, or would have been."""
        if is_watched(self._conversation):
            live_drafts.withdraw(self._conversation, turn=self._turn, because=because)

    def stored(self, *, outcome: str, review_item: int | None) -> None:
        """The turn is decided and committed."""
        if is_watched(self._conversation):
            live_drafts.finish(self._conversation, turn=self._turn, outcome=outcome, review_item=review_item)

    def _begun(self) -> OutgoingStream:
        # Without a language the rules of every language count: it is better to show too little.
        self._stream = OutgoingStream(current_matcher(), now=timezone.now())
        self._run = uuid4().hex
        self._read = self._shown = ""
        self._is_over = False
        return self._stream

    @staticmethod
    def _hides_a_word(shown: str) -> bool:
        """Markup hides words from the stream: "re**fund**"."""
        seen = plain_text(reply_html(shown))
        verdict = current_matcher().check(seen, scope=Scope.OUTGOING, now=timezone.now())
        return verdict.decisive is not None or bool(verdict.masks) or not verdict.is_complete
