"""Words and phrases of a list as they are looked for: their letters, and what may stand between these."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.rules.folding import fold, has_look_alikes, without_look_alikes
from chatbot.rules.matching.skeleton import BETWEEN, HARD, NOTHING, SOFT, WITHOUT_BLANKS, skeleton

_WITHOUT_BLANKS = re.compile(f"[{WITHOUT_BLANKS}]")
#: Phrases of at least so many letters, in words of at least three, are found without their blanks, too.
_JOINED_LETTERS = 8
_VOWELS = frozenset("aeiouy")
#: Signs that part words or belong to their spelling; any other is meant as it stands ("c++", "a$$", "https://…").
_PARTING = frozenset(" \t\n-_.'’·&,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A word or phrase to look for."""

    key: int
    pattern: str  #: as written by people, 1..200 characters
    whole_word: bool = True  #: where the script has words


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One entry of an automaton."""

    key: int
    letters: str
    gaps: dict[int, str]  #: after which letters the pattern itself has a gap, and of which kinds
    starts_at_word: bool
    ends_at_word: bool
    is_checked_in_context: bool  #: in a script without blanks, where neighbours may make other words of its halves
    may_be_joined: bool
    hole: int = -1  #: the letter left out in this entry
    runs: tuple[int, ...] = ()  #: of each letter, in the automaton of collapsed letters
    accented: str = ""  #: its letters with their accents


def letters_of(pattern: str) -> str:
    """What of `pattern` is looked for; "" if it has neither letters nor digits nor emoji."""
    return skeleton(_undisguised(fold(pattern).text)).letters


def is_meant_exactly(pattern: str) -> bool:
    """True if the signs of `pattern` matter, so that looking at its letters alone would find something else."""
    folded = fold(pattern.strip()).text
    return not letters_of(pattern) or any(
        kind in (SOFT, HARD) and sign not in _PARTING for sign, kind in zip(folded, skeleton(folded).signs, strict=True)
    )


def _undisguised(folded: str) -> str:
    """A pattern that mixes alphabets was copied from somebody who hid it."""
    if has_look_alikes(folded) and re.search("[a-z]", folded):
        return without_look_alikes(folded)
    return folded


def wanted_of(literal: Literal) -> Wanted | None:
    """None for a pattern without letters, digits and emoji."""
    folded = _undisguised(fold(literal.pattern.strip()).text)
    found = skeleton(folded)
    letters, places = found.letters, found.places
    if not letters:
        return None
    gaps = {}
    for number in range(len(letters) - 1):
        gap = found.signs[places[number] + 1 : places[number + 1]].replace(NOTHING, "")
        if gap:
            gaps[number] = gap
    lengths = [len(word) for word in re.split(f"[{BETWEEN}]+", found.signs) if word]
    first, final = letters[0], letters[-1]
    return Wanted(
        key=literal.key,
        letters=letters,
        gaps=gaps,
        starts_at_word=literal.whole_word and first.isalnum() and not _WITHOUT_BLANKS.match(first),
        ends_at_word=literal.whole_word and final.isalnum() and not _WITHOUT_BLANKS.match(final),
        is_checked_in_context=literal.whole_word and len(letters) > 1 and all(map(_WITHOUT_BLANKS.match, letters)),
        may_be_joined=len(letters) >= _JOINED_LETTERS and min(lengths) >= 3,
        accented="".join(folded[place] for place in places),
    )


def with_holes(wanted: Wanted) -> Iterator[Wanted]:
    """The pattern without one of its inner vowels, once for each."""
    if wanted.gaps or not 4 <= len(wanted.letters) <= 20:
        return
    for place in range(1, len(wanted.letters) - 1):
        if wanted.letters[place] in _VOWELS:
            yield Wanted(
                key=wanted.key,
                letters=wanted.letters[:place] + wanted.letters[place + 1 :],
                gaps={},
                starts_at_word=wanted.starts_at_word,
                ends_at_word=wanted.ends_at_word,
                is_checked_in_context=False,
                may_be_joined=False,
                hole=place,
            )


def collapsed(wanted: Wanted) -> Wanted:
    """The pattern with runs of one letter as one letter, as `Reading.collapsed` has the text."""
    letters: list[str] = []
    runs: list[int] = []
    gaps: dict[int, str] = {}
    for number, letter in enumerate(wanted.letters):
        if (
            letters
            and letters[-1] == letter
            and letter.isalpha()
            and number - 1 not in wanted.gaps
            and not _WITHOUT_BLANKS.match(letter)
        ):
            runs[-1] += 1
        else:
            letters.append(letter)
            runs.append(1)
        if number in wanted.gaps:
            gaps[len(letters) - 1] = wanted.gaps[number]
    return Wanted(
        key=wanted.key,
        letters="".join(letters),
        gaps=gaps,
        starts_at_word=wanted.starts_at_word,
        ends_at_word=wanted.ends_at_word,
        is_checked_in_context=wanted.is_checked_in_context,
        may_be_joined=wanted.may_be_joined,
        runs=tuple(runs),
        accented=wanted.accented,
    )
