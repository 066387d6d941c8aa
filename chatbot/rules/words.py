"""The words of a text that carry meaning, for comparing a question with what was found."""

import re
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_ENDINGS = re.compile(r"(?<=\w{3})(?:ies|ied|ing|ed|es|s|ly)$")

#: Words that questions of any subject are made of.
FUNCTION_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being but by can could did do does
    doing don't for from get got had has have having he hello help her here hey hi him his how i i'd i'll
    i'm i've if in into is it it's its just know let like me may might more most much my need no not now of
    off on once one only or our out over please she should so some still such tell thank thanks than that
    the their them then there these they this those to too under up us very want was way we were what what's
    when where which while who whom why will with would you your yours
    """.split()  # noqa: SIM905  # a page of quoted words is harder to read
)
_HAN_FUNCTION = frozenset("的了吗呢吧啊我你您他她它们这那是在有和与就都也还要会能可以请问怎么什么为多少个")


@lru_cache(maxsize=1_000)  # passages are read again and again
def content_words(text: str) -> frozenset[str]:
    """Folded, roughly stemmed words without function words; Chinese, Japanese and Korean as pairs of neighbours."""
    folded = text.casefold()
    found: set[str] = set()
    for run in _HAN.findall(folded):
        kept = [sign for sign in run if sign not in _HAN_FUNCTION]
        found.update(left + right for left, right in pairwise(kept))
        if len(kept) == 1:
            found.add(kept[0])
    for word in _WORD.findall(_HAN.sub(" ", folded)):
        if word not in FUNCTION_WORDS and len(word) > 1:
            found.add(_ENDINGS.sub("", word))
    return frozenset(found)


def content_spans(text: str, *, most: int) -> list[tuple[int, int]]:
    """Where the first `most` words that carry meaning stand, in characters; East Asian script is left out."""
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if len(word) > 1 and word.casefold() not in FUNCTION_WORDS and not _HAN.search(word):
            found.append(match.span())
            if len(found) == most:
                break
    return found
