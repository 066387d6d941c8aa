"""The language of a text that nobody labelled: by its script where that tells, else among a few European languages."""

import functools
import re
import threading
from typing import Any, Final

#: Characters that are looked at; more would not change the answer.
_READ_CHARACTERS: Final = 3_000
#: Shorter texts of Latin letters are too little to tell; most knowledge bases are English.
_LEAST_LETTERS: Final = 40
DEFAULT_LANGUAGE: Final = "en"

_SCRIPTS: Final = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7af]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "hi": re.compile("[\u0900-\u097f]"),
}
#: Frequent characters whose traditional form differs from the simplified one.
_TRADITIONAL: Final = re.compile(
    "[們這個來時說國會對學為發後經過還沒開關問題請點單價費帳號碼認證訂購選擇設處個務電話聯繫]"
)
_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")


def detect_language(text: str) -> str:
    """A code such as `en`, `de`, `zh-hans` or `zh-hant`; '' for a text without letters of a script that we know."""
    sample = text[:_READ_CHARACTERS]
    counts = {code: len(script.findall(sample)) for code, script in _SCRIPTS.items()}
    latin = len(_LATIN.findall(sample))
    # One Chinese character says about as much as three letters.
    east_asian = 3 * (counts["ja"] + counts["ko"] + counts["zh"])
    others = {code: counts[code] for code in ("ru", "ar", "he", "el", "th", "hi")}
    script = max(others, key=lambda code: others[code])
    if east_asian > max(latin, others[script]):
        return _east_asian(sample, counts)
    if others[script] > latin:
        return script
    if latin == 0:
        return ""
    return _european(sample) if latin >= _LEAST_LETTERS else DEFAULT_LANGUAGE


def _east_asian(sample: str, counts: dict[str, int]) -> str:
    if counts["ko"] > counts["ja"] and counts["ko"] * 2 > counts["zh"]:
        return "ko"
    if counts["ja"] * 10 > counts["zh"]:
        return "ja"
    return "zh-hant" if len(_TRADITIONAL.findall(sample)) * 20 > counts["zh"] else "zh-hans"


_loading = threading.Lock()


def _european(sample: str) -> str:
    with _loading:
        detector = _detector()
    found = detector.detect_language_of(sample)
    return str(found.iso_code_639_1.name.lower()) if found is not None else DEFAULT_LANGUAGE


@functools.cache
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    languages = (
        "ENGLISH",
        "GERMAN",
        "FRENCH",
        "SPANISH",
        "ITALIAN",
        "PORTUGUESE",
        "DUTCH",
        "SWEDISH",
        "POLISH",
        "TURKISH",
    )
    chosen = [getattr(Language, name) for name in languages]
    return LanguageDetectorBuilder.from_languages(*chosen).with_low_accuracy_mode().build()
