"""What is found of a list of words in a text, and how it was hidden there."""

from dataclasses import dataclass
from enum import StrEnum


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
