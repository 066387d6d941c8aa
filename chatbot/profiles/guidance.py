"""Which pieces of guidance apply to a message, and which give way to others of the same subject."""

from collections.abc import Iterable
from dataclasses import dataclass

from chatbot.models import Guidance
from chatbot.recent import RecentRows

#: Pieces that one prompt holds at most: more would push the articles aside.
PIECES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An instruction and its conditions, as the pipeline needs them. Empty conditions hold for all."""

    id: int
    text: str
    subject: str
    priority: int
    scenarios: frozenset[str]
    intents: frozenset[str]  #: names
    languages: frozenset[str]
    customer_tiers: frozenset[str]

    def applies(self, *, scenario: str, intent: str, language: str, tier: str) -> bool:
        return (
            (not self.scenarios or scenario in self.scenarios)
            and (not self.intents or intent in self.intents)
            and (not self.languages or language in self.languages or language.split("-")[0] in self.languages)
            and (not self.customer_tiers or tier in self.customer_tiers)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedGuidance:
    applied: tuple[Piece, ...]  #: highest priority first
    overruled: tuple[Piece, ...]  #: would apply, but one of the same subject comes first, or there were too many

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(piece.text for piece in self.applied)


NO_GUIDANCE = AppliedGuidance(applied=(), overruled=())


def applied_guidance(*, scenario: str, intent: str, language: str, tier: str) -> AppliedGuidance:
    """What the team wants said or left unsaid for this message."""
    return sorted_out(
        piece
        for piece in _pieces.get("")
        if piece.applies(scenario=scenario, intent=intent, language=language, tier=tier)
    )


def sorted_out(matching: Iterable[Piece]) -> AppliedGuidance:
    """Of each subject the piece of highest priority, the oldest of equals; pieces without a subject stand alone."""
    applied: list[Piece] = []
    overruled: list[Piece] = []
    taken: set[str] = set()
    for piece in sorted(matching, key=lambda piece: (-piece.priority, piece.id)):
        if (piece.subject and piece.subject in taken) or len(applied) == PIECES:
            overruled.append(piece)
            continue
        applied.append(piece)
        taken.add(piece.subject)
    return AppliedGuidance(applied=tuple(applied), overruled=tuple(overruled))


def piece_of(row: Guidance) -> Piece:
    return Piece(
        id=row.pk,
        text=row.text,
        subject=row.subject,
        priority=row.priority,
        scenarios=frozenset(row.scenarios),
        intents=frozenset(intent.name for intent in row.intents.all()),
        languages=frozenset(code.strip().casefold() for code in row.languages),
        customer_tiers=frozenset(row.customer_tiers),
    )


def forget_recent_guidance() -> None:
    """For those who have just changed a piece and cannot wait two seconds."""
    _pieces.clear()


def _load(_key: str) -> tuple[Piece, ...]:
    return tuple(piece_of(row) for row in Guidance.objects.filter(is_on=True).prefetch_related("intents"))


_pieces: RecentRows[str, tuple[Piece, ...]] = RecentRows(_load)
