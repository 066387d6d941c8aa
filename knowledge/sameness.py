"""Pure: whether two questions are the same words, and whether two languages are the same language."""

import re
import unicodedata
from typing import Final

#: Signs that a question may have or lack at the edge of a word without being another question. Not + # % $ or a minus.
_EDGE: Final = ".,;:!?…¿¡\"'`´‘’“”«»()[]{}<>*_~|，。？！、；：（）「」『』《》【】·"


def normalised(question: str) -> str:
    """Without case, surplus blanks and punctuation around words; may be ''. Doing it twice changes nothing more."""
    folded = question
    for _ in range(3):  # folding may bring out another letter that folds, once or twice
        folded = unicodedata.normalize("NFKC", folded).casefold()
    return " ".join(word for one in folded.split() if (word := one.strip(_EDGE)))


def same_language(asked: str, written: str) -> bool:
    """`zh` and `zh-hans` are, `zh-hans` and `zh-hant` are not; '' (not known) is the same as none."""
    first, second = asked.lower(), written.lower()
    if not first or not second:
        return False
    return first == second or first.startswith(f"{second}-") or second.startswith(f"{first}-")


def numbers(question: str) -> frozenset[str]:
    """Words with a digit. A vector hardly tells 30 days from 60, or one model of a machine from the next."""
    return frozenset(re.findall(r"\w*\d(?:[\w.,:/-]*\w)?", unicodedata.normalize("NFKC", question).casefold()))
