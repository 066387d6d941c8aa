"""Whether what stands between the letters of a candidate hides a word, or makes another text of them."""

import re
from functools import lru_cache

from chatbot.rules.matching.readings import Reading
from chatbot.rules.matching.skeleton import BLANK, HARD, LINE_END, SOFT, WITHOUT_BLANKS
from chatbot.rules.matching.wanted import Wanted
from chatbot.rules.words import FUNCTION_WORDS

_WITHOUT_BLANKS = re.compile(f"[{WITHOUT_BLANKS}]")
#: Longest run of signs that may hide between two letters of a word.
_GAP = 3
#: Longest run of blanks and signs between two words of a phrase.
_PHRASE_GAP = 5
#: Longer words and phrases are not spelled out letter by letter.
_SPELLED_LETTERS = 40
_SPELLED_WORDS = frozenset(word for word in FUNCTION_WORDS if len(word) > 1) | {"a", "i", "u"}


def are_gaps_fine(wanted: Wanted, reading: Reading, first: int, last: int) -> bool | None:
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


def _is_spelled_word(reading: Reading, first: int, last: int, gap: str, itself: str) -> bool:
    """False if the spelled letters go on to another word: "c l a s s" spells no "ass"."""
    before, after = _spelled_on(reading, first, -1, gap), _spelled_on(reading, last, +1, gap)
    return _are_words(before, itself) and _are_words(after, itself)


def _spelled_on(reading: Reading, place: int, step: int, gap: str) -> str:
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


def adjacent(reading: Reading, place: int, step: int) -> str:
    """Up to three letters of a script without blanks that touch the match on one side."""
    letters: list[str] = []
    while 0 <= place + step < len(reading.letters) and len(letters) < 3:
        if reading.gap(min(place, place + step)) or not _WITHOUT_BLANKS.match(reading.letters[place + step]):
            break
        place += step
        letters.append(reading.letters[place])
    return "".join(letters if step > 0 else reversed(letters))
