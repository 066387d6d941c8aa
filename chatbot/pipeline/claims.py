"""Pure: the claims of a sentence that can be checked: numbers with units, dates, links, addresses, deeds, promises."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]\"'，。；、]+|\b(?:[a-z0-9-]+\.)+[a-z]{2,12}/[^\s<>()\[\]\"'，。；、]+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?:[\w-]+\.)+[\w-]{2,24}")
_DOMAIN = re.compile(
    r"(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|de|nl|uk|eu|cn|ru|info|biz|xyz|top|app|dev|example)\b",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"(?m)^\s*(?:\d{1,2}[.)、]|[-*+•])\s+")
_CITATION = re.compile(r"\[\d{1,2}\]")

_WORD_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90,
    "hundred": 100, "thousand": 1000, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
#: Words that measure, by what they measure: a number with another one is another claim.
_UNITS = {
    "minute": "min", "min": "min", "分钟": "min", "hour": "h", "hr": "h", "h": "h", "小时": "h", "second": "s",
    "秒": "s", "day": "d", "天": "d", "日": "d", "week": "w", "周": "w", "星期": "w", "month": "mo", "个月": "mo",
    "year": "y", "年": "y",
    "%": "%", "percent": "%", "％": "%", "€": "eur", "eur": "eur", "euro": "eur", "欧元": "eur", "$": "usd",
    "usd": "usd", "dollar": "usd", "美元": "usd", "£": "gbp", "gbp": "gbp", "pound": "gbp", "英镑": "gbp", "¥": "cny",
    "cny": "cny", "rmb": "cny", "元": "cny", "chf": "chf", "nok": "nok", "kg": "kg", "公斤": "kg", "g": "g", "km": "km",
    "cm": "cm", "m": "m", "mm": "mm", "mb": "mb", "gb": "gb", "kb": "kb", "w": "watt", "v": "volt", "l": "l",
    "ml": "ml",
}  # fmt: skip
_UNIT = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))
_WORDS = "|".join(sorted(_WORD_NUMBERS, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<before>[€$£¥]|\b(?:EUR|USD|GBP|CNY|CHF|NOK)(?=\s?\d))?\s?"
    rf"(?P<number>\d+(?:[.,'\u00a0\u202f ]\d{{3}})*(?:[.,]\d+)?|(?<![A-Za-z-])(?:{_WORDS})(?![A-Za-z]))"
    rf"(?:st|nd|rd|th)?(?:\s?(?:-|–|to|到|至)\s?\d+(?:[.,]\d+)?)?"
    rf"[\s-]?(?:(?:working|business|calendar|full|consecutive|个?工作)[\s-]?)?(?P<unit>(?:{_UNIT})(?=s?(?![A-Za-z])))?",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+(?:[.,]\d+)?)\s?(?:-|–|to|到|至)\s?(\d+(?:[.,]\d+)?)\s?([^\W\d_]+|[%€$£])?")
_TIME_NAMES = re.compile(
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|christmas|easter)s?\b|星期[一二三四五六日天]|周[一二三四五六日末]",
    re.IGNORECASE,
)

_PARTICIPLE = r"(?:\w{3,}ed|sent|made|given|put|taken|found|set|written|told|paid|done|got|gotten|begun|started|gone)"
_ADVERB = r"(?:(?:now|just|already|also|successfully|immediately|gladly|personally)\s+)*"
_OWN_DEED = re.compile(
    rf"\bI(?:\s+have|['’]ve|\s+just|\s+already|\s+went\s+ahead)\s+{_ADVERB}(?:and\s+)?{_PARTICIPLE}\b"
    rf"|\bI\s+(?:cancel|refund|issu|process|updat|chang|escalat|forward|remov|add|activat|deactivat|reset|book|order|transfer|credit)\w*ed\b"
    r"|\bI(?:['’]m|\s+am)\s+(?:now\s+)?(?:processing|cancelling|canceling|refunding|sending|updating|transferring|issuing)\b"
    r"|(?:我|小编|客服|这边)(?:们|这边|这里)?(?:刚才?|刚刚|已经?)[^，。！？]{0,12}(?:了|好|完成|成功)"
    r"|(?:已经?|刚刚?|正在)(?:成功)?(?:为|帮|给|替)(?:您|你)",
    re.IGNORECASE,
)
_OUR_DEED = re.compile(
    rf"\bwe(?:\s+have|['’]ve)\s+{_ADVERB}{_PARTICIPLE}\b"
    r"|\byour\s+(?:\w+\s+){1,4}(?:has|have)\s+(?:now\s+|just\s+|already\s+|successfully\s+)*been\s+\w+"
    r"|\byour\s+(?:\w+\s+){1,4}(?:is|are)\s+(?:now\s+)?(?:cancelled|canceled|refunded|activated|deleted|upgraded)\b"
    r"|(?:您|你)的[^，。！？]{1,12}(?:已经?)(?:成功)?(?:取消|退款|退还|修改|更新|删除|激活|升级|发出|寄出|处理)",
    re.IGNORECASE,
)
_OWN_PROMISE = re.compile(
    r"\bI(?:['’]ll|\s+will|\s+shall|['’]m\s+going\s+to|\s+promise|\s+guarantee|\s+assure)\b|我(?:会|将|保证|承诺)(?!的)",
    re.IGNORECASE,
)
_OUR_PROMISE = re.compile(
    r"\bwe(?:['’]ll|\s+will|\s+shall|\s+promise|\s+guarantee|\s+assure)\b|\bguaranteed?\b"
    r"|\byou(?:['’]ll|\s+will)\s+(?:get|receive|be\s+(?:refunded|compensated|credited))\b|我们(?:会|将|保证|承诺)|保证|一定会",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What can be checked of one text."""

    numbers: frozenset[tuple[str, str]]  #: (number in plain digits, unit or "")
    times: frozenset[str]  #: months, weekdays and feasts
    links: frozenset[str]  #: without scheme and closing slash
    addresses: frozenset[str]  #: e-mail addresses


@lru_cache(maxsize=500)  # a draft's sentences rest on the same passages, and so do other customers' drafts
def claims_of(text: str) -> Claims:
    """Everything in `text` that is right or wrong to the letter."""
    text = _CITATION.sub(" ", unicodedata.normalize("NFKC", text.replace("％", "%")))
    addresses = {found.casefold() for found in _ADDRESS.findall(text)}
    without = _ADDRESS.sub(" ", text)
    links = {plain_link(found) for found in _LINK.findall(without)}
    without = _LINK.sub(" ", without)
    links |= {plain_link(found) for found in _DOMAIN.findall(without)}
    without = _LIST_MARK.sub(" ", _DOMAIN.sub(" ", without))
    return Claims(
        numbers=frozenset(_numbers(without)),
        times=frozenset(found.casefold().rstrip("s") for found in _TIME_NAMES.findall(without)),
        links=frozenset(links),
        addresses=frozenset(addresses),
    )


def plain_link(link: str) -> str:
    """One form of an address of the web: no scheme, no `www.`, no closing slash or full stop."""
    plain = re.sub(r"^(?:https?://)?(?:www\.)?", "", link.strip().casefold())
    return plain.rstrip("/.,;:!?*_")


def says_own_deed(text: str) -> bool:
    """ "I have cancelled it": only a recorded action may say so."""
    return bool(_OWN_DEED.search(text))


def says_our_deed(text: str) -> bool:
    """ "Your order has been cancelled": true only where the articles say the very same."""
    return bool(_OUR_DEED.search(text))


def makes_own_promise(text: str) -> bool:
    return bool(_OWN_PROMISE.search(text))


def makes_our_promise(text: str) -> bool:
    return bool(_OUR_PROMISE.search(text))


def _numbers(text: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for low, high, unit in _RANGE.findall(text):
        kind = _unit(unit)
        found |= {(_plain(low), kind), (_plain(high), kind)}
    for match in _NUMBER.finditer(text):
        found.add((_plain(match["number"]), _unit(match["unit"] or match["before"] or "")))
    return found


def _unit(word: str) -> str:
    folded = word.casefold()
    return _UNITS.get(folded) or _UNITS.get(folded.rstrip("s"), "")


def _plain(number: str) -> str:
    """Digits and perhaps a decimal point: "1,000" is 1000, "4,95" is 4.95, "two" is 2."""
    word = _WORD_NUMBERS.get(number.casefold())
    if word is not None:
        return str(word)
    grouped = re.fullmatch(r"(\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+)(?:[.,](\d{1,2}))?", number)
    whole, _, part = (grouped[1], "", grouped[2] or "") if grouped else number.replace(",", ".").partition(".")
    digits = re.sub(r"\D", "", whole).lstrip("0") or "0"
    part = re.sub(r"\D", "", part).rstrip("0")
    return f"{digits}.{part}" if part else digits
