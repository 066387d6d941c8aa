"""Sensitive-word rules on one text: what stands where, what is to be done, and why."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import re2

from chatbot.rules.folding import fold
from chatbot.rules.mapped_text import MappedText
from chatbot.rules.matching.chinese_words import is_cut_of_words
from chatbot.rules.matching.expressions import Expression, ExpressionIndex
from chatbot.rules.matching.found import Disguise, Found
from chatbot.rules.matching.literals import Flooded, LiteralIndex
from chatbot.rules.matching.wanted import Literal, is_meant_exactly

#: Characters of one text that are looked at; longer messages go to a person anyway.
CHECKED_CHARACTERS = 50_000
#: What stands in place of masked words. No Markdown, and too long to be taken for a disguise of what is left around it.
MASK = "••••"
#: Languages whose words differ by accents alone, so that an accent is no disguise there.
_WITHOUT_ACCENTS = frozenset({"", "en", "zh", "ja", "ko"})


class Kind(StrEnum):
    LITERAL = "literal"
    EXPRESSION = "expression"


class Scope(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    BOTH = "both"


class RuleAction(StrEnum):
    """What a hit leads to, the strongest first. Masking and tagging happen beside whatever else is decided."""

    BLOCK = "block"  #: answer with the rule's own reply, or with nothing
    HAND_OFF = "hand_off"  #: a person takes over
    REVIEW = "review"  #: a person looks at the draft first
    MASK = "mask"  #: the words are blotted out
    TAG = "tag"  #: the conversation is tagged with the rule's category

    @property
    def decides(self) -> bool:
        return self in (RuleAction.BLOCK, RuleAction.HAND_OFF, RuleAction.REVIEW)


_STRENGTH = {action: number for number, action in enumerate(RuleAction)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the table, as the matcher needs it."""

    id: int
    pattern: str
    kind: Kind
    action: RuleAction
    whole_word: bool = True
    scope: Scope = Scope.BOTH
    language: str = ""  #: "" is any; `zh` includes `zh-hans`
    category: str = ""
    severity: int = 2  #: 1 low, 2 medium, 3 high
    priority: int = 100  #: the smaller number decides
    reply: str = ""
    active_from: datetime | None = None
    active_to: datetime | None = None

    def applies(self, *, scope: Scope | None, language: str, now: datetime | None) -> bool:
        if scope is not None and self.scope not in (Scope.BOTH, scope):
            return False
        if self.language and language and not _is_language(language, self.language):
            return False
        if now is None:
            return True
        return (self.active_from is None or self.active_from <= now) and (
            self.active_to is None or now < self.active_to
        )

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Sorts the rule that wins to the front."""
        return (self.priority, _STRENGTH[self.action], -self.severity, self.id)


def _is_language(spoken: str, wanted: str) -> bool:
    return spoken == wanted or spoken.split("-")[0] == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    rule: Rule
    start: int  #: in the text as written
    end: int
    disguise: Disguise


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All hits in order of their place, and the rule that decides."""

    hits: tuple[Hit, ...]
    is_complete: bool = True  #: False: the text holds so many candidates that not all were judged; a person should look

    @property
    def winner(self) -> Rule | None:
        """Among the rules that decide about the message, the one with the smallest priority number; else the first that
        masks, else the first that tags. Equal priorities: block, hand off, review; then the higher severity."""
        rules = [hit.rule for hit in self.hits]
        for candidates in (
            [rule for rule in rules if rule.action.decides],
            [rule for rule in rules if rule.action == RuleAction.MASK],
            rules,
        ):
            if candidates:
                return min(candidates, key=lambda rule: rule.rank)
        return None

    @property
    def decisive(self) -> Rule | None:
        """The winner, if it decides about the message."""
        winner = self.winner
        return winner if winner is not None and winner.action.decides else None

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                hit.rule.category for hit in self.hits if hit.rule.action == RuleAction.TAG and hit.rule.category
            )
        )

    @property
    def masks(self) -> tuple[tuple[int, int], ...]:
        """Places to blot out, in order, without overlaps."""
        merged: list[tuple[int, int]] = []
        for hit in self.hits:
            if hit.rule.action != RuleAction.MASK:
                continue
            if merged and hit.start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], hit.end))
            else:
                merged.append((hit.start, hit.end))
        return tuple(merged)


NOTHING_FOUND = Verdict(hits=())


def masked(text: str, places: Iterable[tuple[int, int]]) -> str:
    """`text` with MASK in each of `places`, which are in order and do not overlap."""
    pieces: list[str] = []
    place = 0
    for start, end in places:
        pieces += [text[place:start], MASK]
        place = end
    return "".join((*pieces, text[place:]))


def exactly(pattern: str) -> str:
    """An expression for a literal whose signs matter; blanks are as wide as they like."""
    return r"\s+".join(re2.escape(word) for word in re.split(r"\s+", fold(pattern.strip()).text))


class Matcher:
    """Built once for a version of the rules; safe to use from several threads. Raises `ExpressionRefused`."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        literals: list[Literal] = []
        expressions: list[Expression] = []
        for number, rule in enumerate(self.rules):
            if not fold(rule.pattern).text.strip():
                continue
            if rule.kind == Kind.LITERAL and not is_meant_exactly(rule.pattern):
                literals.append(Literal(key=number, pattern=rule.pattern, whole_word=rule.whole_word))
            else:
                pattern = rule.pattern if rule.kind == Kind.EXPRESSION else exactly(rule.pattern)
                expressions.append(Expression(key=number, pattern=pattern, whole_word=rule.whole_word))
        self._literals = LiteralIndex(literals, is_cut_of_words=is_cut_of_words)
        self._expressions = ExpressionIndex(expressions)

    def check(
        self, text: str, *, scope: Scope | None = None, language: str = "", now: datetime | None = None
    ) -> Verdict:
        """What stands in the first CHECKED_CHARACTERS of `text`. `scope` and `now`: None means any."""
        if not self.rules or not text:
            return NOTHING_FOUND
        folded = fold(text[:CHECKED_CHARACTERS])
        seen: dict[tuple[int, int, int], Hit] = {}
        is_complete = True
        try:
            for found in self._found(folded, language):
                rule = self.rules[found.key]
                place = (found.key, found.start, found.end)
                if place not in seen and rule.applies(scope=scope, language=language, now=now):
                    seen[place] = Hit(rule=rule, start=found.start, end=found.end, disguise=found.disguise)
        except Flooded:
            is_complete = False
        if not seen and is_complete:
            return NOTHING_FOUND
        hits = sorted(seen.values(), key=lambda hit: (hit.start, hit.end, hit.rule.rank))
        return Verdict(hits=tuple(hits), is_complete=is_complete)

    def _found(self, folded: MappedText, language: str) -> Iterator[Found]:
        accents_matter = language.split("-")[0] not in _WITHOUT_ACCENTS
        yield from self._expressions.find(folded)
        yield from self._literals.find(folded, accents_matter=accents_matter)

    def open_place(self, text: str) -> int:
        """From which character of `text` on a literal may have begun that further text could finish."""
        folded = fold(text)
        place = self._literals.open_letters(folded)
        return folded.span(place, place)[0] if place < len(folded.text) else len(text)
