"""A text tried out: what is personal in it, what becomes of each piece, and what a model would see."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from chatbot.rules.masking.finding import personal_entities
from chatbot.rules.masking.masker import masker_for
from chatbot.rules.masking.policy import MaskingPolicy, Treatment

TRY_CHARACTERS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    text: str
    kind: str  #: in words; "" for what is not personal
    treatment: str  #: a value of `Treatment`; "" for what is not personal
    treatment_in_words: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    pieces: tuple[Piece, ...]  #: the text, cut where something personal begins or ends
    masked: str  #: what a model would see
    is_refused: bool  #: no model would be asked


def tried(text: str, policy: MaskingPolicy) -> Tried:
    masker = masker_for([text], policy=policy)
    pieces: list[Piece] = []
    last = 0
    for entity in personal_entities(text, also=policy.own_entities(text)):
        treatment = policy.treatment(entity)
        pieces += [
            _plain(text[last : entity.start]),
            Piece(
                text=entity.text,
                kind=policy.kind_in_words(entity),
                treatment=treatment.value,
                treatment_in_words=_in_words(treatment, is_unsure=policy.leaves_unsure(entity)),
                probability=entity.probability,
            ),
        ]
        last = entity.end
    pieces.append(_plain(text[last:]))
    return Tried(
        pieces=tuple(piece for piece in pieces if piece.text),
        masked=masker.mask(text),
        is_refused=bool(masker.refused),
    )


def _in_words(treatment: Treatment, *, is_unsure: bool) -> str:
    return str(_("keep: too unsure to be masked")) if is_unsure else str(Treatment(treatment).label)


def _plain(text: str) -> Piece:
    return Piece(text=text, kind="", treatment="", treatment_in_words="", probability=0.0)
