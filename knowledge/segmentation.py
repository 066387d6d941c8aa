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
#: Chinese words that questions of any subject are made of, as a stemmer's stop words are for other languages.
CHINESE_FUNCTION_WORDS: Final = frozenset(
    """
    一下 一个 一些 一直 不 不是 与 为 为什么 为何 也 了 什么 什么时候 什么样 今天 他 他们 以后 们 会
    但 但是 你 你们 你好 做 再 几 几个 几点 几天 到 到底 去 又 及 只 只有 可 可以 可能 吗 否 吧
    告诉 呀 呢 和 咋 咋办 咋样 哦 哪 哪些 哪儿 哪个 哪里 哪天 啊 啥 啦 嗯 因为 在 多 多久 多大
    多少 多少钱 多长 多长时间 太 她 好 如何 如果 它 对 就 岂 已 已经 帮 帮忙 帮我 应该 很 得 怎
    怎么 怎么办 怎么回事 怎么样 怎样 您 您好 想 想要 想问 我 我们 或者 所以 才 把 是 是不是 是否 时候
    时间 有 有人 有没有 来 没 没有 现在 的 的话 着 知道 给 给我 能 能不能 能否 能够 被 要 要不要
    要么 让 请 请教 请问 谁 谢谢 跟 还 还是 还有 这 这个 这样 这里 这些 过 那 那个 那里 那些 都 里
    里面 问 问一下 长时间 需要 麻烦
    """.split()  # noqa: SIM905  # a page of quoted words is harder to read
)
#: "How much money": in other places the second word carries meaning.
_HOW_MUCH: Final = ("多少", "钱")
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


def words_of_question(text: str, *, language: str, pairs: bool = True) -> str:
    """The same without Chinese words that any question has, unless it has no others.

    `pairs`: Chinese characters both as words and as pairs, since the articles' language is open.
    """
    return " ".join(_words(text, language=language, question=True, pairs=pairs))


def meant_in_chinese(text: str) -> list[str]:
    """The Chinese words of `text` that carry meaning, in order; all of them, if none does."""
    runs = _ALL_HAN.findall(text)
    return [word for run in runs for word in _meant(run, together=False)] or [
        word for run in runs for word in _cut_once(run)
    ]


def _words(text: str, *, language: str, question: bool, pairs: bool = True) -> Iterator[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    japanese = language.startswith("ja") or (not language.startswith("zh") and bool(_HAS_KANA.search(folded)))
    runs = _WORD.findall(folded)
    if question and not japanese:
        runs = _without_function_words(runs)
    for east_asian, other in runs:
        if other:
            yield other[:_WORD_MAX_CHARACTERS]
            continue
        chinese = not japanese and bool(_ALL_HAN.fullmatch(east_asian))
        if chinese:
            yield from _cut(east_asian)
        if not chinese or (question and pairs):
            yield from _pairs(east_asian)


def _without_function_words(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Runs of Chinese characters cut where function words stood; as they were, if nothing else would be left."""
    left = []
    for east_asian, other in runs:
        if not east_asian or not _ALL_HAN.fullmatch(east_asian):
            left.append((east_asian, other))
            continue
        left += [(stretch, "") for stretch in _meant(east_asian, together=True)]
    return left or runs


def _meant(run: str, *, together: bool) -> list[str]:
    """What carries meaning in a run of Chinese characters; `together`: words that are neighbours as one."""
    found: list[str] = []
    before = ""
    is_next = False
    for word in _cut_once(run):
        aside = word in CHINESE_FUNCTION_WORDS or (before, word) == _HOW_MUCH
        if not aside:
            if together and is_next:
                found[-1] += word
            else:
                found.append(word)
        before, is_next = word, not aside
    return found


def _name_parts(text: str) -> Iterator[str]:
    """The words inside names such as `readTimeout`, `HTTPServer2Error` or `PayPal`."""
    for name in _NAME.findall(text):
        yield from (part.lower() for part in _NAME_PART.findall(name) if len(part) > 2)


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _cut_once(run: str) -> list[str]:
    """Word after word, none within another."""
    tokenizer = _chinese()
    return [word for start in range(0, len(run), 1000) for word in tokenizer.cut(run[start : start + 1000])]


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
