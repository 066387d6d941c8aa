"""The language of a message, honest about short ones: "ok" says nothing."""

import re
from functools import cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

#: Languages with Latin, Cyrillic or Greek letters that are told apart. More of them make short texts less certain.
_CANDIDATES = ("EN", "DE", "FR", "ES", "IT", "PT", "NL", "PL", "SV", "TR", "RU", "UK")
#: A guess counts as knowledge if it is this certain, or less certain but twice as likely as the next.
_CERTAIN = 0.5
_LIKELY = 0.25
_LEAST_LETTERS = 8
#: From 120 on lingua goes by groups of three letters alone; so many of them tell as surely as twice the text would.
_READ_CHARACTERS = 240

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_TRADITIONAL = re.compile("[們個這麼為來時說對發會學國過還請問題訂單貨買賣價錢運費換壞電話號碼帳戶]")
_SIMPLIFIED = re.compile("[们个这么为来时说对发会学国过还请问题订单货买卖价钱运费换坏电话号码账户]")
_LETTERS = re.compile(r"[^\W\d_]")
_NOISE = re.compile(r"https?://\S+|\S+@\S+|[#/]?\w*\d\w*")


@cache
def _detector() -> LanguageDetector:
    codes = [getattr(IsoCode639_1, code) for code in _CANDIDATES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()


def warm_up() -> None:
    """Load the detector (seconds, some 250 MB) before the first customer waits for it."""
    language_of("Where is my order, please?")


def language_of(text: str) -> str:
    """A code such as `en` or `zh-hans`, or "" if the text does not tell."""
    sample = _NOISE.sub(" ", text[:_READ_CHARACTERS])
    if _KANA.search(sample):
        return "ja"
    if len(_HANGUL.findall(sample)) >= 2:
        return "ko"
    han = len(_HAN.findall(sample))
    letters = len(_LETTERS.findall(sample))
    if han >= 2 and han * 4 >= letters:  # one sign says as much as several letters
        return "zh-hant" if len(_TRADITIONAL.findall(sample)) > len(_SIMPLIFIED.findall(sample)) else "zh-hans"
    if letters < _LEAST_LETTERS:
        return ""
    values = _detector().compute_language_confidence_values(sample)
    best, second = values[0], values[1]
    if best.value < _CERTAIN and not (best.value >= _LIKELY and best.value >= 2 * second.value):
        return ""
    return best.language.iso_code_639_1.name.lower()
