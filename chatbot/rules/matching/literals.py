"""Thousands of words and phrases found in one pass, also where they are disguised, and not inside innocent words.

One automaton reads the letters of a text without what stands between them, so that "r e f u n d" and "敏*感" are found
like "refund" and "敏感". Each candidate is then judged by the gaps between its letters and by its neighbours.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import islice

import ahocorasick
import re2

from chatbot.rules.folding import fold, has_look_alikes, readings_of_digits, without_look_alikes
from chatbot.rules.mapped_text import MappedText
from chatbot.rules.matching.skeleton import (
    BETWEEN,
    BLANK,
    HARD,
    LINE_END,
    NOTHING,
    SOFT,
    WITHOUT_BLANKS,
    Skeleton,
    skeleton,
    word_signs,
)
from chatbot.rules.words import FUNCTION_WORDS

_WITHOUT_BLANKS = re.compile(f"[{WITHOUT_BLANKS}]")
#: Longest run of signs that may hide between two letters of a word.
_GAP = 3
#: Longest run of blanks and signs between two words of a phrase.
_PHRASE_GAP = 5
#: Phrases of at least so many letters, in words of at least three, are found without their blanks, too.
_JOINED_LETTERS = 8
#: Candidates judged in one text: some for each of its characters, within bounds. Only a text made for the list, or a
#: list made for it, has more.
CANDIDATES_FOR_A_CHARACTER = 2
CANDIDATES_AT_LEAST = 5_000
CANDIDATES_AT_MOST = 30_000
#: Longer words and phrases are not spelled out letter by letter.
_SPELLED_LETTERS = 40

#: Letters that hardly any word doubles; of others, two are too common, and three are a stretch.
_RARELY_DOUBLE = frozenset("uaihjkqvwxy")
_STRETCHED = re.compile(r"([^\W\d_])\1\1|uu|aa|ii|hh|jj|kk|qq|vv|ww|xx|yy")
_CAPITAL_I = re.compile(r"(?<=[a-z])I|I(?=[a-z])")
_CAPITAL_I_INSIDE = re.compile(r"[a-z]I")
_VOWELS = frozenset("aeiouy")
#: Signs that stand for a letter somebody did not want to write ("f*ck").
_CENSORING = frozenset("*#_-•·.")
#: Stand for a letter inside a word only; at its end they are an exclamation.
_INSIDE_ONLY = frozenset("!|+")


class Flooded(Exception):
    """A text holds more pieces than are judged that may be sensitive words; what was found until then counts."""


class Disguise(StrEnum):
    """How a word was hidden."""

    NONE = ""
    SPACED = "spaced"  #: signs or blanks between its letters
    LOOK_ALIKE = "look_alike"  #: letters of other alphabets
    DIGITS = "digits"  #: digits or signs for letters
    STRETCHED = "stretched"  #: letters repeated
    CENSORED = "censored"  #: a sign in place of a letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One place where a pattern stands."""

    key: int  #: of the pattern, as it was given
    start: int  #: in the text as written
    end: int
    disguise: Disguise


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A word or phrase to look for."""

    key: int
    pattern: str  #: as written by people, 1..200 characters
    whole_word: bool = True  #: where the script has words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
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


class _Reading:
    """One way to read a text."""

    def __init__(self, found: Skeleton, disguise: Disguise) -> None:
        self.disguise = disguise
        self.letters = found.letters
        self.signs = found.signs
        self.runs: list[int] | None = None
        self._found = found

    @cached_property
    def starts(self) -> list[int]:
        """Where each letter begins in the folded text; only texts with candidates need to know."""
        return self._found.places

    @cached_property
    def ends(self) -> list[int]:
        """Where each letter's last sign stands."""
        return self._found.places

    def collapsed(self) -> "_Reading":
        """Runs of one letter as one letter; `runs` holds their lengths."""
        letters: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        runs: list[int] = []
        for letter, place in zip(self.letters, self.starts, strict=True):
            if (
                letters
                and letters[-1] == letter
                and letter.isalpha()
                and not self.signs[ends[-1] + 1 : place].strip(NOTHING)
                and not _WITHOUT_BLANKS.match(letter)
            ):
                ends[-1] = place
                runs[-1] += 1
            else:
                letters.append(letter)
                starts.append(place)
                ends.append(place)
                runs.append(1)
        other = _Reading(self._found, Disguise.STRETCHED)
        other.letters, other.starts, other.ends, other.runs = "".join(letters), starts, ends, runs
        return other

    def gap(self, number: int) -> str:
        """Kinds of the signs between letter `number` and the next."""
        return self.signs[self.ends[number] + 1 : self.starts[number + 1]].replace(NOTHING, "")


#: Says whether two halves of a match belong to other words, with the neighbours on both sides.
IsCutOfWords = Callable[[str, str, str], bool]


class LiteralIndex:
    """Built once for a list of literals; safe to use from several threads."""

    def __init__(self, literals: Sequence[Literal], *, is_cut_of_words: IsCutOfWords | None = None) -> None:
        self._is_cut_of_words = is_cut_of_words
        plain: dict[str, list[_Wanted]] = {}
        collapsed: dict[str, list[_Wanted]] = {}
        for literal in literals:
            wanted = _wanted(literal)
            if wanted is None:
                continue
            plain.setdefault(wanted.letters, []).append(wanted)
            for entry in _with_holes(wanted):
                plain.setdefault(entry.letters, []).append(entry)
            short = _collapsed(wanted)
            collapsed.setdefault(short.letters, []).append(short)
        self._plain, self._collapsed = _automaton(plain), _automaton(collapsed)
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
        for reading in _readings(text):
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
        for reading in _readings(text):
            letters = reading.letters
            longest = min(len(letters), _LONGEST_LETTERS)
            for length in range(longest, 0, -1):
                if letters[-length:] in self._prefixes:
                    place = min(place, reading.starts[-length])
                    break
        return place

    def _judged(
        self, wanted: _Wanted, reading: _Reading, first: int, last: int, folded: str, accents_matter: bool
    ) -> Disguise | None:
        """How the candidate is disguised; None if it is none."""
        if wanted.hole >= 0:
            return _judged_hole(wanted, reading, first, folded)
        if reading.runs is not None and not _is_stretched(wanted, reading, first):
            return None
        if reading.disguise in (Disguise.DIGITS, Disguise.LOOK_ALIKE) and not _is_disguised(
            reading, first, last, folded
        ):
            return None
        is_spaced = False
        if reading.ends[last] - reading.starts[first] != last - first or wanted.gaps:
            spaced = _is_gap_fine(wanted, reading, first, last)
            if spaced is None:
                return None
            is_spaced = spaced
        if accents_matter and not folded.isascii() and not _has_accents(wanted, reading, first, last, folded):
            return None
        if wanted.is_checked_in_context and self._is_cut(reading, first, last):
            return None
        return reading.disguise or (Disguise.SPACED if is_spaced else Disguise.NONE)

    def _is_cut(self, reading: _Reading, first: int, last: int) -> bool:
        """True if the letters belong to the words beside them: 台独 in 平台独立."""
        if self._is_cut_of_words is None:
            return False
        before = _adjacent(reading, first, -1)
        after = _adjacent(reading, last, +1)
        if not before or not after:
            return False
        return self._is_cut_of_words(before, reading.letters[first : last + 1], after)


#: Letters of a pattern at most.
_LONGEST_LETTERS = 200


def _automaton(entries: dict[str, list[_Wanted]]) -> "ahocorasick.Automaton | None":
    if not entries:
        return None
    automaton = ahocorasick.Automaton()
    for letters, wanted in entries.items():
        automaton.add_word(letters, tuple(wanted))
    automaton.make_automaton()
    return automaton


# The pattern --------------------------------------------------------------------------------------------------------


def letters_of(pattern: str) -> str:
    """What of `pattern` is looked for; "" if it has neither letters nor digits nor emoji."""
    return skeleton(_undisguised(fold(pattern).text)).letters


#: Signs that part words or belong to their spelling; any other is meant as it stands ("c++", "a$$", "https://…").
_PARTING = frozenset(" \t\n-_.'’·&,")


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


def _wanted(literal: Literal) -> _Wanted | None:
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
    return _Wanted(
        key=literal.key,
        letters=letters,
        gaps=gaps,
        starts_at_word=literal.whole_word and first.isalnum() and not _WITHOUT_BLANKS.match(first),
        ends_at_word=literal.whole_word and final.isalnum() and not _WITHOUT_BLANKS.match(final),
        is_checked_in_context=literal.whole_word and len(letters) > 1 and all(map(_WITHOUT_BLANKS.match, letters)),
        may_be_joined=len(letters) >= _JOINED_LETTERS and min(lengths) >= 3,
        accented="".join(folded[place] for place in places),
    )


def _with_holes(wanted: _Wanted) -> Iterator[_Wanted]:
    """The pattern without one of its inner vowels, once for each."""
    if wanted.gaps or not 4 <= len(wanted.letters) <= 20:
        return
    for place in range(1, len(wanted.letters) - 1):
        if wanted.letters[place] in _VOWELS:
            yield _Wanted(
                key=wanted.key,
                letters=wanted.letters[:place] + wanted.letters[place + 1 :],
                gaps={},
                starts_at_word=wanted.starts_at_word,
                ends_at_word=wanted.ends_at_word,
                is_checked_in_context=False,
                may_be_joined=False,
                hole=place,
            )


def _collapsed(wanted: _Wanted) -> _Wanted:
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
    return _Wanted(
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


# The readings of a text ---------------------------------------------------------------------------------------------


def _readings(text: MappedText) -> Iterator[_Reading]:
    """As written first; then each disguise that the text shows a sign of."""
    folded = text.text
    plain = _Reading(skeleton(folded), Disguise.NONE)
    yield plain
    most_plain = folded
    if has_look_alikes(folded):
        most_plain = without_look_alikes(folded)
        yield _Reading(skeleton(most_plain), Disguise.LOOK_ALIKE)
    if text.starts is None and _CAPITAL_I_INSIDE.search(text.source):
        yield _Reading(skeleton(fold(_CAPITAL_I.sub("l", text.source)).text), Disguise.LOOK_ALIKE)
    for reading in readings_of_digits(most_plain):
        read = _Reading(skeleton(reading), Disguise.DIGITS)
        yield read
        if has_stretches(read.signs):
            yield read.collapsed()
    if has_stretches(most_plain):
        yield _Reading(skeleton(most_plain), Disguise.LOOK_ALIKE).collapsed()


_ASCII_STRETCHED = re2.compile(
    "|".join(sign * (2 if sign in _RARELY_DOUBLE else 3) for sign in "abcdefghijklmnopqrstuvwxyz").encode()
)


def has_stretches(folded: str) -> bool:
    """True if a letter is repeated as hardly any word does."""
    if folded.isascii():
        return _ASCII_STRETCHED.search(folded.encode()) is not None
    return _STRETCHED.search(folded) is not None


# Judging ------------------------------------------------------------------------------------------------------------


def _touches_word(words: str, place: int, step: int) -> bool:
    """True if a letter or digit stands beside `place`; marks between them do not count. `words` ends in a blank."""
    place += step
    while words[place] == "m" and place > 0:
        place += step
    return words[place] == "w"


def _is_gap_fine(wanted: _Wanted, reading: _Reading, first: int, last: int) -> bool | None:
    """None if the gaps between its letters make it another text; else whether they hide it."""
    if last - first >= _SPELLED_LETTERS and reading.ends[last] - reading.starts[first] >= 2 * (last - first):
        return None
    hidden: list[str] = []
    pieces = 1
    pairs = 0
    for number in range(first, last):
        gap = reading.gap(number)
        own = wanted.gaps.get(number - first)
        if own is not None:
            if not gap:
                if not wanted.may_be_joined:
                    return None
            elif not _parts_words(gap, own):
                return None
            continue
        pairs += 1
        if not gap:
            continue
        pieces += 1
        if len(gap) > _GAP or LINE_END in gap:
            return None
        if _WITHOUT_BLANKS.match(reading.letters[number]) or _WITHOUT_BLANKS.match(reading.letters[number + 1]):
            if HARD in gap:
                return None
            continue
        hidden.append(gap)
    if pieces == 1:
        return False
    if not hidden:
        return True
    if last - first < 2:
        return None
    is_spelled = len(hidden) == pairs
    if not is_spelled and any(
        reading.letters[number].isdigit() and reading.letters[number + 1].isdigit() and reading.gap(number)
        for number in range(first, last)
    ):
        return None  # 9.11 is another number than 911
    if any(HARD in gap for gap in hidden) and not (is_spelled and all(len(gap) == 1 for gap in hidden)):
        return None
    if any(BLANK in gap for gap in hidden) and (pieces < 3 or last - first + 1 > 2 * pieces):
        return None
    if is_spelled and not _is_spelled_word(reading, first, last, hidden[0], wanted.letters):
        return None
    return True


def _parts_words(gap: str, own: str) -> bool:
    """True if `gap` lies between two words of one phrase, and not between two sentences or parts of one."""
    if len(gap) > _PHRASE_GAP:
        return False
    if HARD in gap and HARD not in own:
        return False
    return not (SOFT + BLANK in gap and not gap.startswith(BLANK) and SOFT not in own)


def _is_spelled_word(reading: _Reading, first: int, last: int, gap: str, itself: str) -> bool:
    """False if the spelled letters go on to another word: "c l a s s" spells no "ass"."""
    before, after = _spelled_on(reading, first, -1, gap), _spelled_on(reading, last, +1, gap)
    return _are_words(before, itself) and _are_words(after, itself)


def _spelled_on(reading: _Reading, place: int, step: int, gap: str) -> str:
    """Single letters that go on from `place` with the same gap between them."""
    letters: list[str] = []
    while 0 <= place + step < len(reading.letters) and len(letters) < 30:
        between = reading.gap(min(place, place + step))
        beyond = place + 2 * step
        further = reading.gap(min(place + step, beyond)) if 0 <= beyond < len(reading.letters) else BLANK
        # Signs of another kind begin another word: "r e f u n d r.e.f.u.n.d".
        is_other = _WITHOUT_BLANKS.match(reading.letters[place + step])
        if between != gap or is_other or not (further == gap or further.strip(SOFT)):
            break
        place += step
        letters.append(reading.letters[place])
    return "".join(letters if step > 0 else reversed(letters))


@lru_cache(maxsize=4096)
def _are_words(letters: str, itself: str) -> bool:
    """True if `letters` is a row of words of which every sentence has some, or of the pattern itself once more."""
    ends = {0}
    for end in range(1, len(letters) + 1):
        is_word = any(start in ends and letters[start:end] in _SPELLED_WORDS for start in range(max(0, end - 8), end))
        if is_word or (letters.endswith(itself, 0, end) and end - len(itself) in ends):
            ends.add(end)
    return len(letters) in ends


_SPELLED_WORDS = frozenset(word for word in FUNCTION_WORDS if len(word) > 1) | {"a", "i", "u"}


def _judged_hole(wanted: _Wanted, reading: _Reading, first: int, folded: str) -> Disguise | None:
    for number in range(len(wanted.letters) - 1):
        start, end = reading.ends[first + number] + 1, reading.starts[first + number + 1]
        if number + 1 == wanted.hole:
            if end - start != 1 or folded[start] not in _CENSORING:
                return None
        elif end != start:
            return None
    return Disguise.CENSORED


def _is_stretched(wanted: _Wanted, reading: _Reading, first: int) -> bool:
    """True if the runs are at least the pattern's, and one of them plainly longer."""
    assert reading.runs is not None
    is_plain = False
    for number, run in enumerate(wanted.runs):
        seen = reading.runs[first + number]
        if seen < run:
            return False
        if seen > run and (seen >= 3 or wanted.letters[number] in _RARELY_DOUBLE):
            is_plain = True
    return is_plain


def _is_disguised(reading: _Reading, first: int, last: int, folded: str) -> bool:
    """True if enough of the letters are what they seem, and the others plausible disguises."""
    changed = digits = 0
    for number in range(first, last + 1):
        place = reading.starts[number]
        sign = folded[place]
        if sign == reading.letters[number]:
            continue
        changed += 1
        digits += sign.isdigit()
        if sign in _INSIDE_ONLY and number in (first, last):
            return False
    if not changed:
        return False
    count = last - first + 1
    if reading.disguise == Disguise.DIGITS:
        return changed < count and digits * 2 <= count
    # All of another alphabet: a word of that alphabet, unless the text is otherwise in Latin letters.
    return changed < count or _is_mainly_latin(folded)


def _is_mainly_latin(folded: str) -> bool:
    latin = sum(1 for sign in folded if "a" <= sign <= "z")
    return latin * 2 > sum(1 for sign in folded if sign.isalpha())


def _has_accents(wanted: _Wanted, reading: _Reading, first: int, last: int, folded: str) -> bool:
    """True if the accents are the pattern's own. Stretched words are let off: their accents cannot be counted."""
    if reading.runs is not None or len(wanted.accented) != last - first + 1:
        return True
    written = (folded[reading.starts[number]] for number in range(first, last + 1))
    return all(
        seen == own or not seen.isalpha() or seen in BETWEEN for seen, own in zip(written, wanted.accented, strict=True)
    )


def _adjacent(reading: _Reading, place: int, step: int) -> str:
    """Up to three letters of a script without blanks that touch the match on one side."""
    letters: list[str] = []
    while 0 <= place + step < len(reading.letters) and len(letters) < 3:
        if reading.gap(min(place, place + step)) or not _WITHOUT_BLANKS.match(reading.letters[place + step]):
            break
        place += step
        letters.append(reading.letters[place])
    return "".join(letters if step > 0 else reversed(letters))
