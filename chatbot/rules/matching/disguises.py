"""Whether the letters of a candidate are those of the word, hidden: digits for letters, stretched, one left out."""

from chatbot.rules.matching.found import Disguise
from chatbot.rules.matching.readings import RARELY_DOUBLE, Reading
from chatbot.rules.matching.skeleton import BETWEEN
from chatbot.rules.matching.wanted import Wanted

#: Signs that stand for a letter somebody did not want to write ("f*ck").
_CENSORING = frozenset("*#_-•·.")
#: Stand for a letter inside a word only; at its end they are an exclamation.
_INSIDE_ONLY = frozenset("!|+")


def judged_hole(wanted: Wanted, reading: Reading, first: int, folded: str) -> Disguise | None:
    """CENSORED if a sign stands where the entry leaves out a letter and nothing between the others; else None."""
    for number in range(len(wanted.letters) - 1):
        start, end = reading.ends[first + number] + 1, reading.starts[first + number + 1]
        if number + 1 == wanted.hole:
            if end - start != 1 or folded[start] not in _CENSORING:
                return None
        elif end != start:
            return None
    return Disguise.CENSORED


def is_stretched(wanted: Wanted, reading: Reading, first: int) -> bool:
    """True if the runs are at least the pattern's, and one of them plainly longer."""
    assert reading.runs is not None
    is_plain = False
    for number, run in enumerate(wanted.runs):
        seen = reading.runs[first + number]
        if seen < run:
            return False
        if seen > run and (seen >= 3 or wanted.letters[number] in RARELY_DOUBLE):
            is_plain = True
    return is_plain


def is_disguised(reading: Reading, first: int, last: int, folded: str) -> bool:
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


def has_accents(wanted: Wanted, reading: Reading, first: int, last: int, folded: str) -> bool:
    """True if the accents are the pattern's own. Stretched words are let off: their accents cannot be counted."""
    if reading.runs is not None or len(wanted.accented) != last - first + 1:
        return True
    written = (folded[reading.starts[number]] for number in range(first, last + 1))
    return all(
        seen == own or not seen.isalpha() or seen in BETWEEN for seen, own in zip(written, wanted.accented, strict=True)
    )
