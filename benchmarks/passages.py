"""A million passages that behave like real ones: made from real texts and the vectors that MiniLM gives them.

Embedding a million texts takes an hour of two cores, so a few thousand are embedded and mixed. A passage says three of
them; its vector is the weighted mean of the first two plus the difference of two others, normalised. So directions,
clusters and the number of dimensions that matter stay those of real vectors, which plain noise would not keep.
"""

import csv
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE = Path(__file__).resolve().parent.parent / "knowledge" / "sample"
#: Share of the vector that the second text has, at most, and of the difference of two others.
SECOND_SHARE, DIFFERENCE_SHARE = 0.5, 0.35
_SENTENCE = re.compile(r"(?<=[.!?。])\s+|\n+")

ACTIONS = (
    *("change", "cancel", "track", "return", "exchange", "pay for"),
    *("insure", "repair", "gift-wrap", "reorder", "register", "clean"),
)
THINGS = (
    *(
        "my order",
        "a parcel that was sent yesterday",
        "the coffee grinder",
        "my subscription",
        "an invoice",
        "a voucher",
    ),
    *("the delivery address", "my account", "the filter cartridge", "a damaged cup", "the warranty", "a bulk order"),
)
CASES = (
    *("when I am abroad", "without the receipt", "after two weeks", "from my phone", "for a company", "as a guest"),
    *("before it is sent", "if it was a gift", "with another card", "when the page shows an error", "for a friend"),
)
OPENINGS = (
    *(
        "How do I {}?",
        "I want to {}, what now?",
        "It does not let me {}.",
        "You can {} at any time.",
        "Please {} for me.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Texts and their vectors, float32 [texts, dimensions]; `questions` are others, never used for passages."""

    texts: list[str]
    vectors: NDArray[np.float32]
    questions: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Passages `first`, `first` + 1, ... with the texts that each says and its vector (float16, normalised)."""

    first: int
    texts: list[str]
    vectors: NDArray[np.float16]


def texts_of(files: Sequence[Path], *, most: int, seed: int = 7) -> list[str]:
    """Up to `most` different texts of the files (CSV with `text`, or JSON lines), else the sample's and made ones."""
    found = list(dict.fromkeys(text for file in files for text in _read(file)))
    if not found:
        sample = [text for name in ("articles.jsonl", "questions.jsonl") for text in _read(SAMPLE / name)]
        made = [
            opening.format(f"{action} {thing} {case}")
            for opening, action, thing, case in itertools.product(OPENINGS, ACTIONS, THINGS, CASES)
        ]
        found = list(dict.fromkeys([*sample, *made]))
    order = np.random.default_rng(seed).permutation(len(found))
    return [found[place] for place in order[:most]]


def passages(base: Base, count: int, *, batch: int = 5_000, seed: int = 11) -> Iterator[Batch]:
    """`count` passages in batches; the same for the same arguments."""
    random = np.random.default_rng(seed)
    total = len(base.texts)
    for first in range(0, count, batch):
        size = min(batch, count - first)
        one, two, three, four = (random.integers(0, total, size) for _ in range(4))
        second = random.random((size, 1), dtype=np.float32) * SECOND_SHARE
        difference = random.random((size, 1), dtype=np.float32) * DIFFERENCE_SHARE
        mixed = (1 - second) * base.vectors[one] + second * base.vectors[two]
        mixed += difference * (base.vectors[three] - base.vectors[four])
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        said = [" ".join(base.texts[place] for place in places) for places in zip(one, two, three, strict=True)]
        yield Batch(first=first, texts=said, vectors=mixed.astype(np.float16))


def _read(file: Path) -> Iterator[str]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            yield from _clean(row["text"] for row in csv.DictReader(lines))
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            item: dict[str, Any] = json.loads(line)
            body = str(item.get("text") or item.get("body") or item.get("question") or "")
            yield from _clean(_SENTENCE.split(body))


def _clean(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        text = " ".join(text.split())
        if 15 <= len(text) <= 300 and any(sign.isalpha() for sign in text):
            yield text
