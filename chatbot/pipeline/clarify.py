"""Pure: a question that two or three articles fit equally well, and that one word would decide, is asked back once.

"How do I install the app?" with one article for iPhone and one for Android: the customer is asked which is meant. The
articles must speak of the same thing (their titles share words), have what the question says, and differ in something
that it does not say.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatbot.language_names import is_same
from chatbot.pipeline.decide import Action, Decision, Reason
from chatbot.rules.words import content_words
from knowledge.closeness import Closeness
from knowledge.retrieval import Passage

OPTIONS_MAX: Final = 3
#: An option's best passage scores at least this share of the best of all: else it is no rival.
RIVAL_SHARE: Final = 0.85
#: Less than this and nothing found fits well enough to ask about.
LEAST_SCORE: Final = 0.3
#: The words of the question that the passage bears out least are as near as this to words of it: else it only sounds
#: like the question, and "Someone is using my card" would be asked which of three virtual cards is meant.
LEAST_WEAKEST: Final = 0.5
#: Two that fit equally well share the confidence between them; under this neither fits.
LEAST_CONFIDENCE: Final = 0.2
#: Titles of the same thing share at least this part of the shorter one's words.
SHARED_TITLE: Final = 0.34
#: A longer question has said what is meant.
WORDS_MAX: Final = 12

_ASKED: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("Which of these do you mean?", "A number or a word is enough."),
    "zh": ("请问您指的是哪一种情况？", "回复编号或一个词即可。"),
}
_PICKED = re.compile(
    r"^\W*(?:(?:the|no|nr|number|option|answer|第|选|選)\W*)?(?:(?P<number>[1-9])|(?P<word>first|second|third|一|二|三|两))"
    r"(?:\W*(?:one|option|个|個|种|種|st|nd|rd))?\W*(?:please|pls|谢谢)?\W*$",
    re.IGNORECASE,
)
_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "一": 1, "二": 2, "两": 2, "三": 3}
_READ_CHARACTERS: Final = 60

#: Reasons for holding a draft that a better question would remove.
_WORTH_ASKING: Final = frozenset({Reason.LOW_CONFIDENCE, Reason.KNOWLEDGE_MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification:
    """What the customer is asked."""

    options: tuple[str, ...]  #: titles of articles, best first, two or three
    text: str  #: plain text


def clarification(
    question: str, passages: Sequence[Passage], *, language: str, closeness: Mapping[int, Closeness] | None = None
) -> Clarification | None:
    """Which articles the question leaves open; `passages` best first. None: nothing that one word would decide.

    `closeness` is that of the first few, by `chunk_id`; without any (words could not be compared) scores alone count.
    """
    words = content_words(question)
    frame = _ASKED.get(language.split("-")[0])
    if frame is None or not passages or not words or len(words) > WORDS_MAX or passages[0].score < LEAST_SCORE:
        return None
    best: dict[int, Passage] = {}
    for passage in passages:
        is_rival = passage.score >= RIVAL_SHARE * passages[0].score and _has_what_is_asked(passage, closeness)
        if is_rival and _is_in(passage, language):
            best.setdefault(passage.article_id, passage)
    options = _alternatives([passage.article_title for passage in best.values()], words)
    if len(options) < 2:
        return None
    listed = "\n".join(f"{number}. {title}" for number, title in enumerate(options, start=1))
    return Clarification(options=options, text=f"{frame[0]}\n\n{listed}\n\n{frame[1]}")


def or_ask(decision: Decision, asked: Clarification | None) -> Decision:
    """Ask instead of holding a draft that the answer would make sure."""
    if asked is None or decision.action is not Action.HOLD or decision.reasons[0] not in _WORTH_ASKING:
        return decision
    if decision.confidence < LEAST_CONFIDENCE:
        return decision
    return replace(decision, action=Action.ASK, reasons=(Reason.ASKED_BACK,), words=asked.text)


def answered(asked_question: str, options: Sequence[str], answer: str) -> str:
    """The question as it stands with the customer's answer: a number stands for its option's title."""
    picked = _PICKED.match(answer.strip()) if len(answer) <= _READ_CHARACTERS else None
    if picked is None:
        return asked_question
    number = int(picked["number"]) if picked["number"] else _ORDINALS[picked["word"].casefold()]
    return f"{asked_question}\n{options[number - 1]}" if number <= len(options) else asked_question


def _alternatives(titles: Sequence[str], asked: frozenset[str]) -> tuple[str, ...]:
    """Titles that speak of the same thing as the first, each with a word of its own that the question does not say."""
    if not titles:
        return ()
    words = {title: content_words(title) for title in titles}
    first = titles[0]
    alike = [
        title
        for title in dict.fromkeys(titles)
        if title == first
        or len(words[title] & words[first]) >= SHARED_TITLE * min(len(words[title]), len(words[first])) > 0
    ][:OPTIONS_MAX]
    own = {
        title: words[title] - frozenset().union(*(words[other] for other in alike if other != title)) for title in alike
    }
    if any(own[title] & asked for title in alike):
        return ()  # the question has said which
    return tuple(title for title in alike if own[title])


def _has_what_is_asked(passage: Passage, closeness: Mapping[int, Closeness] | None) -> bool:
    if not closeness:
        return True
    known = closeness.get(passage.chunk_id)
    return known is not None and known.weakest >= LEAST_WEAKEST


def _is_in(passage: Passage, language: str) -> bool:
    return not passage.language or is_same(passage.language, language)
