"""The arithmetic of a load: each message gets one kind, and the kinds add up to what was sent."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analytics.load.outcomes import Decided
from analytics.load.sandbox import Attempt, Seen, Sent


class Kind(StrEnum):
    """What became of one customer's message."""

    ANSWERED = "answered"  #: the bot answered alone, or greeted
    HELD = "held"  #: a draft waits for a person
    HANDED_OVER = "handed_over"
    SILENT = "silent"  #: on purpose: nothing was asked
    LOST = "lost"  #: none of these by the end of the wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One message with everything known of it."""

    sent: Sent
    kind: Kind
    decided: Decided | None
    seen: tuple[str, ...]  #: what the customer was told, in order
    answer_milliseconds: float | None  #: from the customer's message to the bot's words; answered ones only
    own_milliseconds: float | None  #: the same without the model and the deliberate pause

    @property
    def is_duplicated(self) -> bool:
        """Told more than once: each load's customer asks one question, which has one public answer."""
        return len(self.seen) > 1


def story(sent: Sent, decided: Decided | None, seen: Seen | None) -> Story:
    """Where the platform's rows and the sandbox disagree, the customer's view counts: an answer nobody saw is lost."""
    answers = seen.answers if seen else ()
    kind = Kind(decided.outcome) if decided else Kind.LOST
    if kind == Kind.ANSWERED and not answers:
        kind = Kind.LOST
    answer = own = None
    if decided and decided.spoken_at and kind == Kind.ANSWERED:
        answer = max(0.0, (decided.spoken_at.timestamp() - sent.at) * 1000)
        own = max(0.0, answer - decided.model_milliseconds - decided.pause_milliseconds)
    return Story(sent=sent, kind=kind, decided=decided, seen=answers, answer_milliseconds=answer, own_milliseconds=own)


def percentile(values: Iterable[float], share: float) -> float | None:
    """Nearest rank: the smallest value that at least `share` (0..1) of them do not exceed. None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def measures(
    stories: Sequence[Story], attempts: Mapping[int, Attempt], *, refused: int = 0
) -> dict[str, int | float | None]:
    """The numbers of the whole load; milliseconds, and None where nothing was there to be measured.

    `refused` are messages that the sandbox itself did not take. Rates are over the time from the first message to the
    last words that a customer saw.
    """
    kinds = Counter(one.kind for one in stories)
    ours = {one.sent.conversation_id for one in stories}
    tried = [attempt for attempt in attempts.values() if attempt.conversation_id in ours]
    opened = {attempt.conversation_id for attempt in tried if attempt.opens and attempt.acknowledged}
    answers = [one.answer_milliseconds for one in stories if one.answer_milliseconds is not None]
    own = [one.own_milliseconds for one in stories if one.own_milliseconds is not None]
    seconds = _seconds(stories)
    finished = len(stories) - kinds[Kind.LOST]
    return {
        "sent": len(stories),
        "refused": refused,
        "acknowledged": len(opened),
        **{kind.value: kinds[kind] for kind in Kind},
        "duplicated": sum(one.is_duplicated for one in stories),
        "ack_p50_ms": _rounded(percentile((one.milliseconds for one in tried), 0.50)),
        "ack_p99_ms": _rounded(percentile((one.milliseconds for one in tried), 0.99)),
        "answer_p50_ms": _rounded(percentile(answers, 0.50)),
        "answer_p99_ms": _rounded(percentile(answers, 0.99)),
        "own_p50_ms": _rounded(percentile(own, 0.50)),
        "own_p99_ms": _rounded(percentile(own, 0.99)),
        "answers_per_second": _rounded(kinds[Kind.ANSWERED] / seconds) if seconds else None,
        "finished_per_second": _rounded(finished / seconds) if seconds else None,
        "seconds": _rounded(seconds),
    }


def examples(stories: Sequence[Story], *, count: int) -> list[Story]:
    """`count` stories to read in full: what went wrong first, then each kind in its turn, spread over the load."""
    wrong = [one for one in stories if one.kind == Kind.LOST or one.is_duplicated]
    queues = [[one for one in stories if one.kind == kind and one not in wrong] for kind in Kind if kind != Kind.LOST]
    chosen = wrong[: max(1, count // 3)] if wrong else []
    queues = [queue for queue in queues if queue]
    shares = [max(1, round((count - len(chosen)) * len(queue) / max(1, sum(map(len, queues))))) for queue in queues]
    for queue, share in zip(queues, shares, strict=True):
        step = max(1, len(queue) // share)
        chosen.extend(queue[::step][:share])
    return chosen[:count]


def _seconds(stories: Sequence[Story]) -> float:
    if not stories:
        return 0.0
    first = min(one.sent.at for one in stories)
    last = max(one.sent.at for one in stories)
    spoken = [one.decided.spoken_at.timestamp() for one in stories if one.decided and one.decided.spoken_at]
    return max([last, *spoken]) - first


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
