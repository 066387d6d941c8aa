"""The ways to read a text: as it is written, and without each disguise that it shows a sign of."""

import re
from collections.abc import Iterator
from functools import cached_property

import re2

from chatbot.rules.folding import fold, has_look_alikes, readings_of_digits, without_look_alikes
from chatbot.rules.mapped_text import MappedText
from chatbot.rules.matching.found import Disguise
from chatbot.rules.matching.skeleton import NOTHING, WITHOUT_BLANKS, Skeleton, skeleton

_WITHOUT_BLANKS = re.compile(f"[{WITHOUT_BLANKS}]")
#: Letters that hardly any word doubles; of others, two are too common, and three are a stretch.
RARELY_DOUBLE = frozenset("uaihjkqvwxy")
_STRETCHED = re.compile(r"([^\W\d_])\1\1|uu|aa|ii|hh|jj|kk|qq|vv|ww|xx|yy")
_CAPITAL_I = re.compile(r"(?<=[a-z])I|I(?=[a-z])")
_CAPITAL_I_INSIDE = re.compile(r"[a-z]I")
_ASCII_STRETCHED = re2.compile(
    "|".join(sign * (2 if sign in RARELY_DOUBLE else 3) for sign in "abcdefghijklmnopqrstuvwxyz").encode()
)


class Reading:
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

    def collapsed(self) -> "Reading":
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
        other = Reading(self._found, Disguise.STRETCHED)
        other.letters, other.starts, other.ends, other.runs = "".join(letters), starts, ends, runs
        return other

    def gap(self, number: int) -> str:
        """Kinds of the signs between letter `number` and the next."""
        return self.signs[self.ends[number] + 1 : self.starts[number + 1]].replace(NOTHING, "")


def readings(text: MappedText) -> Iterator[Reading]:
    """As written first; then each disguise that the text shows a sign of."""
    folded = text.text
    plain = Reading(skeleton(folded), Disguise.NONE)
    yield plain
    most_plain = folded
    if has_look_alikes(folded):
        most_plain = without_look_alikes(folded)
        yield Reading(skeleton(most_plain), Disguise.LOOK_ALIKE)
    if text.starts is None and _CAPITAL_I_INSIDE.search(text.source):
        yield Reading(skeleton(fold(_CAPITAL_I.sub("l", text.source)).text), Disguise.LOOK_ALIKE)
    for reading in readings_of_digits(most_plain):
        read = Reading(skeleton(reading), Disguise.DIGITS)
        yield read
        if has_stretches(read.signs):
            yield read.collapsed()
    if has_stretches(most_plain):
        yield Reading(skeleton(most_plain), Disguise.LOOK_ALIKE).collapsed()


def has_stretches(folded: str) -> bool:
    """True if a letter is repeated as hardly any word does."""
    if folded.isascii():
        return _ASCII_STRETCHED.search(folded.encode()) is not None
    return _STRETCHED.search(folded) is not None
