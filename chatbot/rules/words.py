"""The words of a text that carry meaning, for comparing a question with what was found."""

import re
from functools import lru_cache
from itertools import pairwise

from knowledge.segmentation import meant_in_chinese

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_KANA = re.compile(r"[\u3040-\u30ff]")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
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
#: What questions as customers type them have besides, with and without its apostrophe; not taken from answers, whose
#: sense may hang on a "can't".
ASIDE_WHEN_ASKED = FUNCTION_WORDS | frozenset(
    """
    again ain't aint already although anybody anymore anyone anything anyway aren't arent basically can't cannot cant
    couldn't couldnt didn't didnt doesn't doesnt dont else even ever every everybody everyone everything gonna gotta
    guys hadn't hadnt hasn't hasnt haven't havent he's hello how's hows i'd id im isn't isnt it'll itll ive let's lets
    lot maybe nobody nothing ok okay ones pls plz quite really said saying says seem seems she's shouldn't shouldnt
    somebody somehow someone something sorry sure that's thats there's theres they'll they're they've theyre thing
    things think try trying u ur wanna wanted wants wasn't wasnt we'll we're we've well weren't werent weve whatever
    what're whats where's wheres who's whos whose won't wont wouldn't wouldnt yes yet you'll you're you've youre youve
    """.split()  # noqa: SIM905  # a page of quoted words is harder to read
)
_HAN_FUNCTION = frozenset("的了吗呢吧啊我你您他她它们这那是在有和与就都也还要会能可以请问怎么什么为多少个")


@lru_cache(maxsize=1_000)  # passages are read again and again
def content_words(text: str) -> frozenset[str]:
    """Folded, roughly stemmed words without function words; Chinese, Japanese and Korean as pairs of neighbours."""
    return frozenset(_content(text.casefold(), aside=FUNCTION_WORDS))


def _content(folded: str, *, aside: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for run in _HAN.findall(folded):
        kept = [sign for sign in run if sign not in _HAN_FUNCTION]
        found.update(left + right for left, right in pairwise(kept))
        if len(kept) == 1:
            found.add(kept[0])
    for word in _WORD.findall(_HAN.sub(" ", folded)):
        if word.replace("’", "'") not in aside and len(word) > 1:
            found.add(_ENDINGS.sub("", word))
    return found


@lru_cache(maxsize=1_000)
def asked_words(question: str) -> frozenset[str]:
    """What a passage that answers `question` should have: as `content_words`, but Chinese as words of a dictionary."""
    folded = question.casefold()
    if not _CHINESE.search(folded) or _KANA.search(folded):
        return frozenset(_content(folded, aside=ASIDE_WHEN_ASKED))
    return frozenset(meant_in_chinese(folded)) | _content(_CHINESE.sub(" ", folded), aside=ASIDE_WHEN_ASKED)


def content_spans(text: str, *, most: int) -> list[tuple[int, int]]:
    """Where the first `most` words of a question or title that carry meaning stand, in characters.

    East Asian script is left out. If a question has only words that are set aside, some of those are taken.
    """
    return _spans(text, most, aside=ASIDE_WHEN_ASKED) or _spans(text, most, aside=FUNCTION_WORDS)


def _spans(text: str, most: int, *, aside: frozenset[str]) -> list[tuple[int, int]]:
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if len(word) > 1 and word.casefold().replace("’", "'") not in aside and not _HAN.search(word):
            found.append(match.span())
            if len(found) == most:
                break
    return found
