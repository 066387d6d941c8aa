"""Invented people in sentences of our own: what the name tagger learns from."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pycrfsuite
from numpy.typing import NDArray

from chatbot.rules.masking.people import PeopleMaker
from chatbot.rules.masking.tokens import Token, features_of, tokens_of
from knowledge.minilm import word_ranks
from knowledge.token_states import states_of_spans

TEMPLATES = Path(__file__).with_name("training_templates.txt")

#: So much of the sentences is written without capitals, as many customers do.
_SMALL_LETTERS: Final = 0.2
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")

_KINDS: Final = {
    "name": "person", "first": "person", "last": "person", "zh_name": "person",
    "street": "address", "flat": "address", "address": "address", "pobox": "address", "zh_address": "address",
    "city": "place", "country": "place", "region": "place", "zh_city": "place", "zip": "zip",
    "company": "organization", "zh_company": "organization",
    "nationality": "nationality", "title": "title", "job": "title", "age": "age",
    "date": "date", "year": "date", "weekday": "date",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    text: str
    tokens: tuple[Token, ...]
    labels: tuple[str, ...]  #: one a token: O, or B- or I- with the value of an `EntityType`


def labelled_texts(*, rounds: int, seed: int, ordinary: Sequence[str]) -> Iterator[LabelledText]:
    """Each template `rounds` times with new people, and `ordinary` sentences, in which nobody is named."""
    maker = PeopleMaker(seed)
    templates = [
        line.replace("\\n", "\n")
        for line in TEMPLATES.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    for _round in range(rounds):
        for template in templates:
            text, spans = _filled(template, maker)
            yield _labelled(text.lower() if maker.random.random() < _SMALL_LETTERS else text, spans)
    for text in ordinary:
        yield _labelled(text, [])
        yield _labelled(text.lower(), [])


def _filled(template: str, maker: PeopleMaker) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans, last = "", [], 0
    remembered: dict[str, str] = {}
    for found in _PLACEHOLDER.finditer(template):
        kind = found.group(1)
        value = maker.make(kind).strip()
        if kind in {"first", "last"} and kind in remembered and maker.random.random() < 0.5:
            value = remembered[kind]
        remembered[kind] = value
        text += template[last : found.start()]
        if kind in _KINDS:
            spans.append((len(text), len(text) + len(value), _KINDS[kind]))
        text += value
        last = found.end()
    return text + template[last:], spans


def _labelled(text: str, spans: Sequence[tuple[int, int, str]]) -> LabelledText:
    tokens = tokens_of(text)
    labels = []
    for token in tokens:
        span = next((span for span in spans if span[0] <= token.start < span[1]), None)
        labels.append("O" if span is None else f"{'B' if token.start == span[0] else 'I'}-{span[2]}")
    return LabelledText(text=text, tokens=tuple(tokens), labels=tuple(labels))


def train_field(path: Path, texts: Sequence[LabelledText]) -> None:
    """Writes the conditional random field; the same texts give the same model."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for text in texts:
        trainer.append(features_of(text.tokens, word_ranks()), list(text.labels))
    trainer.set_params(
        {"c1": 0.1, "c2": 0.02, "max_iterations": 120, "feature.minfreq": 3, "feature.possible_transitions": True}
    )
    trainer.train(str(path))


def train_linear(path: Path, texts: Sequence[LabelledText], *, on_text: Callable[[], object] = lambda: None) -> None:
    """Writes the linear model over MiniLM's token states, in half precision."""
    from sklearn.linear_model import LogisticRegression  # a second to load, which only training shall pay

    states: list[NDArray[np.float16]] = []
    labels: list[str] = []
    for text in texts:
        spans = [(token.start, token.end) for token in text.tokens]
        states.append(states_of_spans(text.text, spans).astype(np.float16))
        labels += text.labels
        on_text()
    rows = np.concatenate(states).astype(np.float32)
    means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.02, max_iter=60, tol=1e-3).fit((rows - means) / scales, labels)
    np.savez_compressed(
        path,
        labels=np.array([str(label) for label in model.classes_]),
        weights=model.coef_.astype(np.float16),
        intercepts=model.intercept_.astype(np.float32),
        means=means,
        scales=scales,
    )
