"""Pure: the words of a text, as full-text search shall see them, in any language.

PostgreSQL only stems what comes out of here: letters and digits of any script, case folded, one space between words.
So neither its own parser (which takes addresses and paths for one word) nor the database's locale changes what is
found. Chinese is cut by jieba, Japanese and Korean into overlapping pairs of characters.
"""

import functools
import logging
import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: PostgreSQL's stemmer for a language's code; all others are searched as written.
STEMMERS: Final = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "no": "norwegian",
    "nb": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "es": "spanish", "sv": "swedish",
    "tr": "turkish",
}  # fmt: skip
UNSTEMMED: Final = "simple"

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3040-\u30ff\u31f0-\u31ff"
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
#: A run of East Asian characters, or a run of letters and digits of any other script (without the underscore).
_WORD: Final = re.compile(f"([{_HAN}{_KANA}{_HANGUL}々]+)|((?:(?![{_HAN}{_KANA}{_HANGUL}_])\\w)+)")
_HAS_KANA: Final = re.compile(f"[{_KANA}]")
_ALL_HAN: Final = re.compile(f"[{_HAN}]+")
#: A word with a capital inside, and what it is made of.
_NAME: Final = re.compile(r"\b(?=[A-Z]*[a-z]+[A-Z])[A-Za-z]{5,100}\b")
_NAME_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
#: Longer words are not words; PostgreSQL's limit is 2,047 bytes.
_WORD_MAX_CHARACTERS: Final = 100


def stemmer(language: str) -> str:
    """Name of the text search configuration for a code such as `en`, `pt-br` or '' (not known)."""
    return STEMMERS.get(language.split("-")[0].lower(), UNSTEMMED)


def words_of_passage(text: str, *, language: str, split_names: bool = True) -> str:
    """The words of stored text, in order and with repetitions, separated by spaces.

    `split_names`: `readTimeout` is found by its parts, too. They follow at the end.
    """
    parts = _name_parts(text) if split_names else ()
    return " ".join((*_words(text, language=language, question=False), *parts))


def words_of_question(text: str, *, language: str) -> str:
    """The same, with Chinese characters both as words and as pairs, since the articles' language is open."""
    return " ".join(_words(text, language=language, question=True))


def _words(text: str, *, language: str, question: bool) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    japanese = language.startswith("ja") or (not language.startswith("zh") and bool(_HAS_KANA.search(folded)))
    for east_asian, other in _WORD.findall(folded):
        if other:
            yield other[:_WORD_MAX_CHARACTERS]
            continue
        chinese = not japanese and bool(_ALL_HAN.fullmatch(east_asian))
        if chinese:
            yield from _cut(east_asian)
        if not chinese or question:
            yield from _pairs(east_asian)


def _name_parts(text: str) -> Iterator[str]:
    """The words inside names such as `readTimeout`, `HTTPServer2Error` or `PayPal`."""
    for name in _NAME.findall(text):
        yield from (part.lower() for part in _NAME_PART.findall(name) if len(part) > 2)


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _cut(run: str) -> list[str]:
    # In pieces: jieba's dynamic programme is linear, but builds its whole graph in memory.
    tokenizer = _chinese()
    return [word for start in range(0, len(run), 1000) for word in tokenizer.cut_for_search(run[start : start + 1000])]


_loading = threading.Lock()


def _chinese() -> Any:
    with _loading:
        return _load_chinese()


@functools.cache
def _load_chinese() -> Any:
    import jieba

    from knowledge.conf import models_directory

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # Its dictionary cache is unmarshalled, so it must not lie where other users of the machine may write.
    tokenizer.tmp_dir = str(models_directory())
    tokenizer.initialize()
    return tokenizer


def word_frequencies() -> Mapping[str, int]:
    """The dictionary of Chinese words: how often each occurs; 0 for mere beginnings of words."""
    frequencies: Mapping[str, int] = _chinese().FREQ
    return frequencies
