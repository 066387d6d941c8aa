"""What is left of a folded text when only its letters, digits and emoji are looked at, and what stood between them."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from chatbot.rules.folding import without_accents

#: What a skeleton's text has in place of all that is no letter, by how much it parts two letters.
BLANK, LINE_END, SOFT, HARD, NOTHING = " ", "\n", ".", ",", "\x00"
BETWEEN = BLANK + LINE_END + SOFT + HARD + NOTHING

#: Signs that people put between the letters of a word to hide it. Commas, apostrophes and brackets part words.
_SOFT_SIGNS = frozenset("-_.*~^=/\\|·•‧∙⋅・#+°¦‐‑‒–—―…@$&%€")  # dashes of all lengths
#: Letters of scripts that write no blanks between words (or, in Korean, glue endings to them).
WITHOUT_BLANKS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_IS_WITHOUT_BLANKS = re.compile(f"[{WITHOUT_BLANKS}]")
_LEFT_OUT = re.compile(f"[{BETWEEN}]+")


class _Kinds(dict[int, str]):
    """Character code -> itself if it is matched, else what it stands for between two that are."""

    def __missing__(self, code: int) -> str:
        kind = _kind(chr(code))
        self[code] = kind
        return kind


def _kind(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign.isalnum() or category in ("So", "Sk", "Mc") or (category == "Mn" and not unicodedata.combining(sign)):
        return sign
    if category in ("Mn", "Me", "Cf", "Cc") and sign not in "\n\r\t":
        return NOTHING
    if sign in "\n\r\u2028\u2029\x0b\x0c":
        return LINE_END
    if sign.isspace():
        return BLANK
    return SOFT if sign in _SOFT_SIGNS else HARD


_KINDS = _Kinds()


class _WordSigns(dict[int, str]):
    """Character code -> `w` for letters and digits of a script that has words, `m` for marks, else a blank."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        kind = "w" if sign.isalnum() and not _IS_WITHOUT_BLANKS.match(sign) else " "
        if _KINDS[code] == NOTHING:
            kind = "m"
        self[code] = kind
        return kind


_WORD_SIGNS = _WordSigns()


def word_signs(folded: str) -> str:
    """As long as `folded`, then a blank: `w` where a letter or digit of a script with words stands, `m` for marks."""
    return folded.translate(_WORD_SIGNS) + " "


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """A reading of a folded text."""

    signs: str  #: as long as the folded text; letters bare of accents, and the signs between them by their kind

    @cached_property
    def letters(self) -> str:
        return _LEFT_OUT.sub("", self.signs)

    @cached_property
    def places(self) -> list[int]:
        """Where each of `letters` stands in `signs`."""
        return [place for place, sign in enumerate(self.signs) if sign not in BETWEEN]


def skeleton(folded: str) -> Skeleton:
    return Skeleton(signs=without_accents(folded).translate(_KINDS))
