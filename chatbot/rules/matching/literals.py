"""Thousands of words and phrases found in one pass, also where they are disguised, and not inside innocent words.

One automaton reads the letters of a text without what stands between them, so that "r e f u n d" and "敏*感" are found
like "refund" and "敏感". Each candidate is then judged by the gaps between its letters and by its neighbours.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import ahocorasick

from chatbot.rules.mapped_text import MappedText
from chatbot.rules.matching.disguises import has_accents, is_disguised, is_stretched, judged_hole
from chatbot.rules.matching.found import Disguise, Found
from chatbot.rules.matching.gaps import adjacent, are_gaps_fine
from chatbot.rules.matching.readings import Reading, readings
from chatbot.rules.matching.skeleton import word_signs
from chatbot.rules.matching.wanted import Literal, Wanted, collapsed, wanted_of, with_holes

#: Candidates judged in one text: some for each of its characters, within bounds. Only a text made for the list, or a
#: list made for it, has more.
CANDIDATES_FOR_A_CHARACTER = 2
CANDIDATES_AT_LEAST = 5_000
CANDIDATES_AT_MOST = 30_000
#: Letters of a pattern at most.
_LONGEST_LETTERS = 200


class Flooded(Exception):
    """A text holds more pieces than are judged that may be sensitive words; what was found until then counts."""


#: Says whether two halves of a match belong to other words, with the neighbours on both sides.
IsCutOfWords = Callable[[str, str, str], bool]


class LiteralIndex:
    """Built once for a list of literals; safe to use from several threads."""

    def __init__(self, literals: Sequence[Literal], *, is_cut_of_words: IsCutOfWords | None = None) -> None:
        self._is_cut_of_words = is_cut_of_words
        plain: dict[str, list[Wanted]] = {}
        runs_as_one: dict[str, list[Wanted]] = {}
        for literal in literals:
            wanted = wanted_of(literal)
            if wanted is None:
                continue
            plain.setdefault(wanted.letters, []).append(wanted)
            for entry in with_holes(wanted):
                plain.setdefault(entry.letters, []).append(entry)
            short = collapsed(wanted)
            runs_as_one.setdefault(short.letters, []).append(short)
        self._plain, self._collapsed = _automaton(plain), _automaton(runs_as_one)
        self._prefixes = {letters[:length] for letters in plain for length in range(1, len(letters) + 1)}

    def find(self, text: MappedText, *, accents_matter: bool = False) -> Iterator[Found]:
        """Where the literals stand in `text`, which `fold` has made, in no order; a place may come more than once.

        Raises `Flooded` at the end, if there was more to judge than is judged.
        """
        if self._plain is None or self._collapsed is None:
            return
        judged = 0
        limit = min(CANDIDATES_AT_MOST, CANDIDATES_AT_LEAST + CANDIDATES_FOR_A_CHARACTER * len(text.text))
        words = ""
        for reading in readings(text):
            automaton = self._plain if reading.runs is None else self._collapsed
            candidates = list(islice(automaton.iter(reading.letters), limit))
            if not candidates:
                continue
            words = words or word_signs(text.text)
            starts, ends = reading.starts, reading.ends
            for last, entries in candidates:
                judged += len(entries)
                if judged > limit:
                    raise Flooded
                for wanted in entries:
                    first = last - len(wanted.letters) + 1
                    if (
                        wanted.starts_at_word
                        and words[starts[first] - 1] != " "
                        and _touches_word(words, starts[first], -1)
                    ):
                        continue
                    if wanted.ends_at_word and words[ends[last] + 1] != " " and _touches_word(words, ends[last], +1):
                        continue
                    disguise = self._judged(wanted, reading, first, last, text.text, accents_matter)
                    if disguise is None:
                        continue
                    start, end = text.span(starts[first], ends[last] + 1)
                    yield Found(key=wanted.key, start=start, end=end, disguise=disguise)

    def open_letters(self, text: MappedText) -> int:
        """From where in `text.text` on a literal may have begun that is not finished yet; its length if none."""
        place = len(text.text)
        if self._plain is None:
            return place
        for reading in readings(text):
            letters = reading.letters
            longest = min(len(letters), _LONGEST_LETTERS)
            for length in range(longest, 0, -1):
                if letters[-length:] in self._prefixes:
                    place = min(place, reading.starts[-length])
                    break
        return place

    def _judged(
        self, wanted: Wanted, reading: Reading, first: int, last: int, folded: str, accents_matter: bool
    ) -> Disguise | None:
        """How the candidate is disguised; None if it is none."""
        if wanted.hole >= 0:
            return judged_hole(wanted, reading, first, folded)
        if reading.runs is not None and not is_stretched(wanted, reading, first):
            return None
        if reading.disguise in (Disguise.DIGITS, Disguise.LOOK_ALIKE) and not is_disguised(
            reading, first, last, folded
        ):
            return None
        is_spaced = False
        if reading.ends[last] - reading.starts[first] != last - first or wanted.gaps:
            spaced = are_gaps_fine(wanted, reading, first, last)
            if spaced is None:
                return None
            is_spaced = spaced
        if accents_matter and not folded.isascii() and not has_accents(wanted, reading, first, last, folded):
            return None
        if wanted.is_checked_in_context and self._is_cut(reading, first, last):
            return None
        return reading.disguise or (Disguise.SPACED if is_spaced else Disguise.NONE)

    def _is_cut(self, reading: Reading, first: int, last: int) -> bool:
        """True if the letters belong to the words beside them: 台独 in 平台独立."""
        if self._is_cut_of_words is None:
            return False
        before = adjacent(reading, first, -1)
        after = adjacent(reading, last, +1)
        if not before or not after:
            return False
        return self._is_cut_of_words(before, reading.letters[first : last + 1], after)


def _automaton(entries: dict[str, list[Wanted]]) -> "ahocorasick.Automaton | None":
    if not entries:
        return None
    automaton = ahocorasick.Automaton()
    for letters, wanted in entries.items():
        automaton.add_word(letters, tuple(wanted))
    automaton.make_automaton()
    return automaton


def _touches_word(words: str, place: int, step: int) -> bool:
    """True if a letter or digit stands beside `place`; marks between them do not count. `words` ends in a blank."""
    place += step
    while words[place] == "m" and place > 0:
        place += step
    return words[place] == "w"
