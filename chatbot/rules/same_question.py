"""Do two messages ask the same, judged by their words alone? For scripts that the embedder on this machine cannot read.

Pure. The shipped embedder knows Latin letters; of Chinese it makes nearly the same vector whatever is said. So Chinese
and Japanese are compared sign by sign, without the signs that every question has, and other scripts word by word.
"""

import re
import unicodedata
from typing import Final

from chatbot.rules.folding import fold

#: Twice what both have, divided by what each has: from here two questions are the same.
SAME_WORDS: Final = 0.8

_SIGN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD: Final = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+")
#: What asks, and names nothing.
_ASKING: Final = re.compile(
    r"请问|如何|怎么办|怎么样|怎么|怎样|什么时候|什么|为什么|为何|哪里|哪儿|多久|我想知道|想知道|我想|我要|我问的是|我问|问一下|问过"
    r"|你们|你|您|我们|我|能不能|可不可以|可以|能否|是否|一下|告诉|知道|到底|还是|还|又|再|就|都|也|吗|呢|啊|吧|呀|嘛|了|的|地|得|是|在|把|给"
)


def is_latin(text: str) -> bool:
    """True if most letters of `text` are Latin."""
    letters = [sign for sign in text if sign.isalpha()]
    return bool(letters) and 2 * sum(sign.isascii() or _is_latin(sign) for sign in letters) > len(letters)


def _is_latin(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith("LATIN")


def same_by_words(one: str, other: str) -> bool:
    """True for the same words in any order, case, width or Chinese spelling, but for a fifth of them."""
    first, second = _names(one), _names(other)
    if not first or not second:
        return _plain(one) == _plain(other) != ""
    return 2 * len(first & second) >= SAME_WORDS * (len(first) + len(second))


def without_asking(text: str) -> str:
    """`text` folded, a blank in place of the Chinese words that ask and name nothing."""
    return _ASKING.sub(" ", fold(text).text)


def _names(text: str) -> frozenset[str]:
    folded = without_asking(text)
    return frozenset([*_SIGN.findall(folded), *_WORD.findall(folded)])


def _plain(text: str) -> str:
    return "".join(sign for sign in fold(text).text if sign.isalnum())
