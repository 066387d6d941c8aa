"""How well personal data is found, measured as the evaluation of Presidio does: by spans, leaning towards recall.

Spans of one type that only blanks and signs part are one. An annotated span is found if what was predicted there shares
at least nine tenths of its letters and digits with it (intersection over union). The overall figures take all types as
one: whether a place is masked, by whatever name. F2 counts recall twice as much as precision.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chatbot.rules.masking.entities import Entity, EntityType

#: Presidio's words for what we find. Its evaluation takes streets, towns and countries for one type.
TYPES: Final[Mapping[str, str]] = {
    "PERSON": "PERSON", "STREET_ADDRESS": "LOCATION", "ADDRESS": "LOCATION", "GPE": "LOCATION", "LOCATION": "LOCATION",
    "CITY": "LOCATION", "ORGANIZATION": "ORGANIZATION", "ORG": "ORGANIZATION", "CREDIT_CARD": "CREDIT_CARD",
    "CREDIT_CARD_NUMBER": "CREDIT_CARD", "DATE_TIME": "DATE_TIME", "DATE": "DATE_TIME", "PHONE_NUMBER": "PHONE_NUMBER",
    "TITLE": "TITLE", "PREFIX": "TITLE", "AGE": "AGE", "NRP": "NRP", "NATIONALITY": "NRP",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS",
    "EMAIL": "EMAIL_ADDRESS", "ZIP_CODE": "ZIP_CODE", "DOMAIN_NAME": "URL", "URL": "URL", "US_SSN": "US_SSN",
    "IBAN_CODE": "IBAN_CODE", "IBAN": "IBAN_CODE", "IP_ADDRESS": "IP_ADDRESS", "US_DRIVER_LICENSE": "US_DRIVER_LICENSE",
}  # fmt: skip
_OURS: Final[Mapping[EntityType, str]] = {
    EntityType.PERSON: "PERSON",
    EntityType.ADDRESS: "LOCATION",
    EntityType.PLACE: "LOCATION",
    EntityType.ORGANIZATION: "ORGANIZATION",
    EntityType.CARD: "CREDIT_CARD",
    EntityType.DATE: "DATE_TIME",
    EntityType.PHONE: "PHONE_NUMBER",
    EntityType.TITLE: "TITLE",
    EntityType.AGE: "AGE",
    EntityType.NATIONALITY: "NRP",
    EntityType.EMAIL: "EMAIL_ADDRESS",
    EntityType.ZIP: "ZIP_CODE",
    EntityType.URL: "URL",
    EntityType.NATIONAL_ID: "US_SSN",
    EntityType.IBAN: "IBAN_CODE",
    EntityType.IP_ADDRESS: "IP_ADDRESS",
    EntityType.DRIVER_LICENSE: "US_DRIVER_LICENSE",
}
#: Found by us and not annotated in such data; neither a hit nor a false alarm.
LEFT_OUT: Final = frozenset({EntityType.ORDER})
_SHARED_AT_LEAST: Final = 0.9
_BETWEEN: Final = re.compile(r"[\W_]*")
_ANY: Final = ""

Span = tuple[int, int, str]  #: start, end (characters, exclusive), type


class SpansUnusable(Exception):
    """The file of spans cannot be used; the message names the entry and the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    annotated: int
    predicted: int
    found: int

    @property
    def precision(self) -> float:
        return self.found / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.annotated if self.annotated else 0.0

    @property
    def f2(self) -> float:
        denominator = 4 * self.precision + self.recall
        return 5 * self.precision * self.recall / denominator if denominator else 0.0


def read_samples(rows: Any) -> tuple[list[Sample], Counter[str]]:
    """Samples of a parsed file, and how many spans of which unknown types were left out. Raises `SpansUnusable`."""
    if not isinstance(rows, list):
        raise SpansUnusable("The file must hold a list of objects with `full_text` and `spans`")
    samples: list[Sample] = []
    left_out: Counter[str] = Counter()
    for number, row in enumerate(rows, start=1):
        try:
            text, spans = str(row["full_text"]), []
            for span in row["spans"]:
                kind = str(span["entity_type"])
                start, end = int(span["start_position"]), int(span["end_position"])
                if not 0 <= start < end <= len(text):
                    raise SpansUnusable(
                        f"Entry {number}: `start_position` {start} and `end_position` {end} leave the text"
                    )
                if kind in TYPES:
                    spans.append((start, end, TYPES[kind]))
                else:
                    left_out[kind] += 1
        except (KeyError, TypeError, ValueError) as error:
            raise SpansUnusable(
                f"Entry {number} needs `full_text` and `spans`, with `entity_type`, `start_position`, `end_position`"
                f" ({type(error).__name__})"
            ) from error
        samples.append(Sample(text=text, spans=tuple(spans)))
    return samples, left_out


def evaluate(
    samples: Sequence[Sample],
    find: Callable[[str], Iterable[Entity]],
    *,
    on_sample: Callable[[], object] = lambda: None,
) -> dict[str, Score]:
    """Scores by type; under "" the one of all types taken as one."""
    annotated: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for sample in samples:
        ours = [
            (entity.start, entity.end, _OURS[entity.type])
            for entity in find(sample.text)
            if entity.type not in LEFT_OUT
        ]
        for gold, guess in (
            (list(sample.spans), ours),
            ([(start, end, _ANY) for start, end, _ in sample.spans], [(start, end, _ANY) for start, end, _ in ours]),
        ):
            whole, guessed = _merged(sample.text, gold), _merged(sample.text, guess)
            annotated.update(kind for _, _, kind in whole)
            predicted.update(kind for _, _, kind in guessed)
            found.update(span[2] for span in whole if _is_found(sample.text, span, guessed))
        on_sample()
    return {
        kind: Score(annotated=annotated[kind], predicted=predicted[kind], found=found[kind])
        for kind in sorted(annotated | predicted)
    }


def _merged(text: str, spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end, kind in sorted(spans):
        if merged and merged[-1][2] == kind and _BETWEEN.fullmatch(text, merged[-1][1], max(start, merged[-1][1])):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]), kind)
        else:
            merged.append((start, end, kind))
    return merged


def _is_found(text: str, span: Span, guessed: Sequence[Span]) -> bool:
    letters = _letters(text, span)
    touching = [_letters(text, other) for other in guessed if other[2] == span[2]]
    covered = frozenset().union(*(other for other in touching if other & letters))
    return bool(covered) and len(letters & covered) / len(letters | covered) >= _SHARED_AT_LEAST


def _letters(text: str, span: Span) -> frozenset[int]:
    return frozenset(place for place in range(span[0], span[1]) if text[place].isalnum())
