"""Measures rules on texts whose right action is known."""

import csv
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from chatbot.rules import spellings
from chatbot.rules.matching.expressions import ExpressionRefused, compiled
from chatbot.rules.matching.matcher import Kind, Matcher, Rule

#: A label that asks for any action.
ANY = "any"


class TableUnusable(ValueError):
    """A file cannot be read as the table that it should be; the message names the file, the column and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    text: str
    label: str  #: an action, ANY, or "" for innocent texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    text: str
    expected: str
    found: str
    pattern: str  #: of the rule that decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    precision: float | None  #: share of the actions taken that were right; None if none was taken
    recall: float | None  #: share of the actions wanted that were taken; None if none was wanted
    p50_us: float
    p99_us: float
    mistakes: tuple[Mistake, ...]


def read_rules(path: Path) -> tuple[list[Rule], list[str]]:
    """Rules, and a line for each that cannot be used. Columns `pattern,kind,action`; `whole_word` if it is there."""
    rules, refused = [], []
    for number, row in _rows(path, ("pattern", "kind", "action")):
        kind, action = spellings.kind_of(row["kind"]), spellings.action_of(row["action"])
        whole_word = spellings.switch_of(row.get("whole_word") or "", default=True)
        problem = ""
        if not row["pattern"].strip():
            problem = "`pattern` is empty"
        elif kind is None:
            problem = f"`kind` is {row['kind']!r}; literal or expression"
        elif action is None:
            problem = f"`action` is {row['action']!r}; block, hand_off, review, mask or tag"
        elif kind == Kind.EXPRESSION:
            try:
                compiled(row["pattern"])
            except ExpressionRefused as error:
                problem = f"`pattern`: {error}"
        if problem or kind is None or action is None:
            refused.append(f"line {number}: {problem}")
            continue
        rules.append(
            Rule(
                id=number,
                pattern=row["pattern"],
                kind=kind,
                action=action,
                whole_word=whole_word is not False,
                category=(row.get("category") or action.value),
            )
        )
    return rules, refused


def read_texts(path: Path) -> list[LabelledText]:
    """Raises `TableUnusable` for a label that is no action."""
    texts = []
    for number, row in _rows(path, ("text", "label")):
        label = row["label"]
        action = spellings.action_of(label)
        if spellings.is_nothing(label):
            known = ""
        elif action is not None:
            known = action.value
        elif spellings.is_something(label):
            known = ANY
        else:
            raise TableUnusable(
                f"{path}, line {number}: `label` is {label!r}; an action (block, hand_off, review, mask, tag), 1 for "
                "any action, or none, ok, clean, 0 or nothing for innocent texts"
            )
        texts.append(LabelledText(text=row["text"], label=known))
    return texts


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableUnusable(f"{path} is not UTF-8; save it as CSV UTF-8") from error
    csv.field_size_limit(10_000_000)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
        for column in columns:
            if column not in names:
                raise TableUnusable(f"{path} has no column `{column}`; its first line must name {', '.join(columns)}")
        for row in reader:
            yield reader.line_num, {name: row.get(written) or "" for name, written in names.items()}
    except csv.Error as error:
        raise TableUnusable(f"{path}, line {reader.line_num}: {error}") from error


def measure(rules: Sequence[Rule], texts: Sequence[LabelledText]) -> Measured:
    """A text counts as found if the winning action is the one its label names."""
    matcher = Matcher(rules)
    found_rightly = found = wanted = 0
    mistakes: list[Mistake] = []
    microseconds: list[float] = []
    for labelled in texts[:50]:
        matcher.check(labelled.text)  # fills the tables of characters
    for labelled in texts:
        begun = time.perf_counter()
        winner = matcher.check(labelled.text).winner
        microseconds.append((time.perf_counter() - begun) * 1e6)
        action = winner.action.value if winner else ""
        is_right = bool(action) if labelled.label == ANY else action == labelled.label
        found += bool(action)
        wanted += bool(labelled.label)
        found_rightly += bool(action) and is_right
        if not is_right:
            mistakes.append(
                Mistake(
                    text=labelled.text, expected=labelled.label, found=action, pattern=winner.pattern if winner else ""
                )
            )
    return Measured(
        precision=found_rightly / found if found else None,
        recall=found_rightly / wanted if wanted else None,
        p50_us=_percentile(microseconds, 50),
        p99_us=_percentile(microseconds, 99),
        mistakes=tuple(mistakes),
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]
