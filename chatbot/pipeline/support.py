"""Pure: is each sentence of a model's draft borne out by what it cites? What is not is cut, or the draft is held."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from chatbot.pipeline.claims import (
    Claims,
    claims_of,
    makes_our_promise,
    makes_own_promise,
    plain_link,
    says_our_deed,
    says_own_deed,
)
from chatbot.rules.words import content_words
from knowledge.retrieval import Passage

#: A sentence with a smaller share of its words in what it cites is not borne out by it ...
LEAST_SUPPORT = 0.6
#: ... unless a sentence of a cited passage means the same: cosine similarity of their vectors.
SAME_MEANING = 0.8
#: A share of words under this is never saved by its meaning.
DOUBTFUL_SUPPORT = 0.3
#: Promises and deeds "of ours" must stand in the article nearly word for word.
PROMISE_SUPPORT = 0.75
#: The rest of an answer stands if so much of its words is left.
STANDING_SHARE = 0.5
#: Sentences and cited sentences that are compared by meaning at most: it costs a millisecond each.
COMPARED = 3
#: Characters of the customer's words and facts in which names are looked up.
_TOLD_CHARACTERS = 8_000
#: Words in a row that an answer may share with the instructions.
_SHARED_WORDS = 7
#: "Yes." and "Of course!" need no article.
_FEW_WORDS = 2
_FEW_CHARACTERS = 20

_SENTENCE_ENDS = re.compile(
    r"(?P<end>[.!?]+[\"'”’)*_]*|[。！？；][”’）]*)(?P<cited>(?:\s*\[\d{1,2}\])*)(?=\s|$|(?<=[。！？；\]]))|\n+"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|approx|incl|excl|vs|no|mr|mrs|dr|st|max|min)|(?:^|\n)\s*\d{1,2})$", re.IGNORECASE
)
_CITATION = re.compile(r"\s*\[(\d{1,2})\]")
_PASSAGE_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n+|\s\|\s")
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w-]{2,}(?:['’]s)?")
_STARTS = re.compile(r"(?:^|[.!?:;。！？：\n\"'“‘(*_>|-])\s*$")
#: Written with a capital, and no name of anything; days and months are looked at by themselves.
_NO_NAMES = frozenset(
    {
        "eur",
        "usd",
        "gbp",
        "cny",
        "chf",
        "nok",
        "may",
        "march",
        "internet",
        "english",
        "german",
        "french",
        "dutch",
        "chinese",
        "spanish",
    }
)


class Fault(StrEnum):
    """Why a sentence may not be said."""

    CITATION_UNKNOWN = "citation_unknown"  #: it cites a passage that the model was not given
    WORDS = "words"  #: too few of its words stand in what it cites
    NUMBER = "number"
    TIME = "time"
    NAME = "name"  #: of a product, place or person
    LINK = "link"
    ADDRESS = "address"
    DEED = "deed"  #: it says that something was done
    PROMISE = "promise"
    INSTRUCTIONS = "instructions"  #: it repeats what the model was told


#: What no answer survives: the model does or shows what it must not, so its other sentences are not trusted either.
GRAVE = frozenset({Fault.LINK, Fault.ADDRESS, Fault.DEED, Fault.INSTRUCTIONS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    text: str  #: without citations
    cited: tuple[int, ...]  #: numbers of passages, 1 = the first that the model was given
    support: float  #: share of its words that stand in what it cites or in what the customer wrote, 0..1
    faults: tuple[Fault, ...]
    details: tuple[str, ...]  #: what is not borne out: numbers, links


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A model's words, sentence by sentence."""

    text: str  #: Markdown without citations, and without the sentences that were cut
    whole: str  #: the same with all sentences, for a person's eyes
    sentences: tuple[Sentence, ...]
    cited: tuple[Passage, ...]  #: by the sentences that stay, in their order
    support: float  #: of the sentences that stay, weighted by their words, 0..1
    stands: bool  #: False: too much is not borne out; `text` is then the whole

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(dict.fromkeys(fault for sentence in self.sentences for fault in sentence.faults))

    @property
    def is_cut(self) -> bool:
        return self.stands and any(sentence.faults for sentence in self.sentences)


Likeness = Callable[[str, Sequence[str]], float]


def check(
    written: str,
    offered: Sequence[Passage],
    *,
    told: str,
    instructions: str = "",
    likeness: Likeness | None = None,
    recorded_actions: Sequence[str] = (),
) -> Checked:
    """`written` is the model's text with its citations `[n]` into `offered`; `told` are the customer's words and facts.

    `likeness` gives the highest cosine similarity of a sentence to others, `recorded_actions` what was really done in
    this turn, in words.
    """
    pieces = _split(written)
    everywhere = [offered[number - 1] for number in _numbers(written, len(offered))]
    told = told[:_TOLD_CHARACTERS]
    known = _Known(
        told=told,
        asked=content_words(told),
        claims=claims_of(told),
        instructions=_shingles(instructions),
        likeness=likeness,
        actions=tuple(recorded_actions),
    )
    sentences = []
    for piece in pieces:
        cited = tuple(_numbers(piece.text, len(offered)))
        sources = [offered[number - 1] for number in cited] or everywhere
        is_known = all(1 <= number <= len(offered) for number in map(int, _CITATION.findall(piece.text)))
        sentence = _sentence(_CITATION.sub("", piece.text).strip(), cited, sources, known)
        if not is_known:
            sentence = replace(sentence, faults=(Fault.CITATION_UNKNOWN, *sentence.faults))
        sentences.append(sentence)
    return _assembled(pieces, sentences, offered, everywhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a sentence may say beside what it cites."""

    told: str
    asked: frozenset[str]
    claims: Claims
    instructions: frozenset[tuple[str, ...]]
    likeness: Likeness | None
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    text: str
    after: str  #: blanks and line ends that followed


def _split(written: str) -> list[_Piece]:
    """Sentences with what stands between them; citations stay with the sentence before them."""
    pieces: list[_Piece] = []
    start = 0
    for found in _SENTENCE_ENDS.finditer(written):
        if found["end"] and _ABBREVIATION.search(written[start : found.start()]):
            continue
        end = found.end() if found["end"] else found.start()
        after = re.match(r"\s*", written[end:])
        blanks = after.group() if after else ""
        if written[start:end].strip():
            pieces.append(_Piece(text=written[start:end].strip(), after=blanks))
        start = max(start, end + len(blanks))
    if written[start:].strip():
        pieces.append(_Piece(text=written[start:].strip(), after=""))
    return pieces


def _numbers(text: str, count: int) -> list[int]:
    return [number for number in dict.fromkeys(map(int, _CITATION.findall(text))) if 1 <= number <= count]


def _sentence(plain: str, cited: tuple[int, ...], sources: Sequence[Passage], known: _Known) -> Sentence:
    texts = [f"{passage.article_title}\n{passage.heading_path}\n{passage.text}" for passage in sources]
    words = content_words(plain)
    read = frozenset().union(*(content_words(text) for text in texts)) if texts else frozenset()
    share = _borne_out(words, read, known.asked)
    faults: list[Fault] = []
    details: list[str] = []
    is_borne_out = share >= LEAST_SUPPORT or (len(words) < _FEW_WORDS and len(plain) <= _FEW_CHARACTERS)
    if not is_borne_out and share >= DOUBTFUL_SUPPORT and known.likeness is not None:
        nearest = _nearest(words, sources)
        is_borne_out = bool(nearest) and known.likeness(plain, nearest) >= SAME_MEANING
    if not is_borne_out:
        faults.append(Fault.WORDS)
    said, source = claims_of(plain), claims_of("\n".join(texts))
    # Not what the customer wrote: whoever hides an instruction in a message would hide a link there, too.
    allowed = source.links | {plain_link(passage.article_url) for passage in sources}
    for fault, wrong in (
        (Fault.NUMBER, _unknown_numbers(said, source, known.claims)),
        (Fault.TIME, said.times - source.times - known.claims.times),
        (Fault.LINK, said.links - allowed),
        (Fault.ADDRESS, said.addresses - source.addresses),
        (Fault.NAME, _unknown_names(plain, "\n".join([*texts, known.told]))),
    ):
        if wrong:
            faults.append(fault)
            details += sorted(wrong)
    if _is_untrue_deed(plain, share, known.actions):
        faults.append(Fault.DEED)
    elif makes_own_promise(plain) or (makes_our_promise(plain) and len(words & read) < PROMISE_SUPPORT * len(words)):
        faults.append(Fault.PROMISE)
    if known.instructions & _shingles(plain):
        faults.append(Fault.INSTRUCTIONS)
    return Sentence(text=plain, cited=cited, support=share, faults=tuple(faults), details=tuple(details))


def _borne_out(words: frozenset[str], known: frozenset[str], asked: frozenset[str]) -> float:
    """Share of `words` that the sources know. The customer's own words are left out, unless there are no others."""
    new = words - (asked - known)
    if not new:
        new = words
    return len(new & known) / len(new) if new else 1.0


def _unknown_names(text: str, sources: str) -> set[str]:
    """Words with a capital inside a sentence, or with digits, that no source has in any spelling."""
    folded = sources.casefold()
    return {
        name
        for found in _NAME.finditer(text)
        if not _STARTS.search(text[: found.start()])
        and (name := found.group().rstrip("'’s")).casefold() not in folded
        and name.casefold() not in _NO_NAMES
        and not claims_of(name).times
    }


def _unknown_numbers(said: Claims, source: Claims, told: Claims) -> set[str]:
    """Numbers that neither source has, or has only with another unit: 30 minutes are not 30 days."""
    units: dict[str, set[str]] = {}
    for number, unit in source.numbers | told.numbers:
        units.setdefault(number, set()).add(unit)
    return {
        f"{number} {unit}".strip()
        for number, unit in said.numbers
        if number not in units or (unit and unit not in units[number] and "" not in units[number])
    }


def _is_untrue_deed(text: str, share: float, recorded_actions: Sequence[str]) -> bool:
    if not (says_own_deed(text) or (says_our_deed(text) and share < PROMISE_SUPPORT)):
        return False
    words = content_words(text)
    return not any(
        len(words & content_words(action)) >= 0.5 * len(content_words(action)) > 0 for action in recorded_actions
    )


def _nearest(words: frozenset[str], sources: Sequence[Passage]) -> list[str]:
    """Sentences of the sources that share most words."""
    lines = [line.strip() for passage in sources for line in _PASSAGE_SENTENCE.split(passage.text) if line.strip()]
    return sorted(lines, key=lambda line: -len(words & content_words(line)))[:COMPARED]


@lru_cache(maxsize=50)  # what the model is told in confidence is the same for many
def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(tuple(words[start : start + _SHARED_WORDS]) for start in range(len(words) - _SHARED_WORDS + 1))


def _assembled(
    pieces: Sequence[_Piece], sentences: Sequence[Sentence], offered: Sequence[Passage], everywhere: Sequence[Passage]
) -> Checked:
    weights = [len(content_words(sentence.text)) for sentence in sentences]
    kept = [not sentence.faults for sentence in sentences]
    total = sum(weights)
    left = sum(weight for weight, stays in zip(weights, kept, strict=True) if stays)
    is_grave = any(GRAVE.intersection(sentence.faults) for sentence in sentences)
    first = next((stays for weight, stays in zip(weights, kept, strict=True) if weight >= _FEW_WORDS), False)
    stands = all(kept) or (not is_grave and first and left >= STANDING_SHARE * total)
    whole = _joined(pieces, [True] * len(pieces))
    chosen = kept if stands else [True] * len(pieces)
    numbers = dict.fromkeys(
        number for sentence, stays in zip(sentences, chosen, strict=True) if stays for number in sentence.cited
    )
    counted = [
        (sentence.support, weight) for sentence, weight, stays in zip(sentences, weights, chosen, strict=True) if stays
    ]
    said = sum(weight for _, weight in counted)
    return Checked(
        text=_joined(pieces, kept) if stands else whole,
        whole=whole,
        sentences=tuple(sentences),
        cited=tuple(offered[number - 1] for number in numbers) or tuple(everywhere),
        support=sum(support * weight for support, weight in counted) / said if said else 0.0,
        stands=stands,
    )


def _joined(pieces: Sequence[_Piece], kept: Sequence[bool]) -> str:
    text = "".join(
        _CITATION.sub("", piece.text) + piece.after for piece, stays in zip(pieces, kept, strict=True) if stays
    )
    return text.strip()
