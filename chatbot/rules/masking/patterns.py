"""Personal data that has a form: net addresses, numbers with check digits, numbers beside words that name them."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import phonenumbers
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

from chatbot.rules.masking.entities import Entity, EntityType

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9\u00c0-\u024f.+%'-]{1,64}(?<![.'])@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9@])"
)
_URL: Final = re.compile(
    r"(?:https?://|\bwww\.)[^\s<>\"'()\[\]{}，。；、]{3,500}[^\s<>\"'()\[\]{}.,;:!?，。；、]/?", re.IGNORECASE
)
_IP: Final = re.compile(
    r"(?<![A-Za-z0-9.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![A-Za-z0-9:])"
)
_IBAN: Final = re.compile(
    r"(?<![^\W\u3040-\u9fff])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?![^\W\u3040-\u9fff])",
    re.IGNORECASE,
)
_CARD: Final = re.compile(r"(?<![A-Za-z0-9.])\d(?:[ -]?\d){11,18}(?![A-Za-z0-9])")
#: A number that may be a telephone's: starts and ends with a digit or bracket, groups parted by one or two signs.
_PHONE: Final = re.compile(
    r"(?<![A-Za-z0-9.,:/$€£¥-])(?:\+|00)?\(?\d(?:[ \u00a0./()-]{0,2}\d){5,14}"
    r"(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"(?<![\w./-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?![\w/-])"
    r"|\d{4}年\d{1,2}月\d{1,2}日"
)
_NUMBER_WORD: Final = r"(?:\s*(?:number|no\.?|nr\.?|num|id|code|号码|号|编号)?\s*(?:is|was|=|:|：|#|是|为)?\s*){1,3}"
#: Words that say what the number behind them is; case does not matter.
_NAMED: Final = (
    (
        EntityType.DRIVER_LICENSE,
        r"driv(?:er|ing)[’']?s?[’']?\s+licen[cs]e|\bDL\b|驾驶证|驾照",
        r"[A-Z]{0,3}[\d-]{4,18}[A-Z]{0,2}",
    ),
    (
        EntityType.NATIONAL_ID,
        r"passport|national\s+id|identity\s+card|id\s+card|social\s+security|\bssn\b|护照|身份证",
        r"[A-Z]{0,3}[\d-]{5,18}[A-Z]?",
    ),
    (
        EntityType.ORDER,
        r"order|tracking|shipment|parcel|invoice|订单|单号|运单|快递",
        r"(?:[A-Z]{1,4}-?)?\d[\dA-Z-]{3,29}",
    ),
)
_NAMED_NUMBERS: Final = tuple(
    (kind, re.compile(rf"(?:{words}){_NUMBER_WORD}(?P<number>{number})(?![^\W\u3040-\u9fff])", re.IGNORECASE))
    for kind, words, number in _NAMED
)
_PHONE_WORDS: Final = re.compile(
    r"(?:phone|tel\.?|telephone|mobile|cell|call|fax|text|sms|whatsapp|dial|ring|reach|contact|number"
    r"|电话|手机|致电|拨打|联系)[^\d\n]{0,25}\n?[^\d\n]{0,3}$",
    re.IGNORECASE,
)
_NO_PHONE: Final = re.compile(
    r"(?:order|invoice|tracking|订单|单号|版本|version|model|SKU|amount|price|[$€£¥])[^\d\n]{0,12}$", re.IGNORECASE
)
_CHINESE_MOBILE: Final = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}")
_SEPARATED: Final = re.compile(r"\d[ \u00a0./()-]+\d")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[ .]\d{3})+")

#: Forms of national ids; a library checks each, so that only what has the right check digits counts.
_NATIONAL_IDS: Final[tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = tuple(
    (re.compile(rf"(?<![A-Za-z0-9-])(?:{form})(?![A-Za-z0-9-])", re.IGNORECASE), check)
    for form, check in (
        (r"\d{3}-\d{2}-\d{4}", ssn.is_valid),
        (r"\d{17}[\dX]", ric.is_valid),
        (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
        (r"\d{8}-?[A-Z]", dni.is_valid),
        (r"[XYZ]-?\d{7}-?[A-Z]", nie.is_valid),
        (r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", hetu.is_valid),
        (r"\d{6}(?:\d{2})?[-+]\d{4}", personnummer.is_valid),
        (r"\d{3}\.\d{3}\.\d{3}-\d{2}", cpf.is_valid),
        (r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", nir.is_valid),
    )
)
#: Ids of digits alone: their check digit fits one number in ten, so a word must stand before them.
_BARE_IDS: Final = tuple(
    (re.compile(rf"(?:{words})\D{{0,15}}(?P<number>\d{{{digits}}})(?![A-Za-z0-9])", re.IGNORECASE), check)
    for words, digits, check in (
        ("bsn|burgerservicenummer", 9, bsn.is_valid),
        ("pesel", 11, pesel.is_valid),
        ("steuer-?id|idnr|identifikationsnummer", 11, idnr.is_valid),
    )
)


def patterned_entities(text: str) -> list[Entity]:
    """What has the form of personal data; may overlap, the surest first."""
    return [*_certain(text), *_named(text), *_phones(text), *_dates(text)]


def _entity(kind: EntityType, text: str, start: int, end: int, probability: float) -> Entity:
    return Entity(type=kind, start=start, end=end, text=text[start:end], probability=probability)


def _certain(text: str) -> Iterator[Entity]:
    for found in _EMAIL.finditer(text):
        yield _entity(EntityType.EMAIL, text, found.start(), found.end(), 1.0)
    for found in _URL.finditer(text):
        yield _entity(EntityType.URL, text, found.start(), found.end(), 1.0)
    for found in _IP.finditer(text):
        if _is_address(found.group()):
            yield _entity(EntityType.IP_ADDRESS, text, found.start(), found.end(), 1.0)
    for found in _IBAN.finditer(text):
        if iban.is_valid(found.group(), check_country=False):
            yield _entity(EntityType.IBAN, text, found.start(), found.end(), 1.0)
    for form, check in _NATIONAL_IDS:
        for found in form.finditer(text):
            if check(found.group()):
                yield _entity(EntityType.NATIONAL_ID, text, found.start(), found.end(), 1.0)
    for form, check in _BARE_IDS:
        for found in form.finditer(text):
            if check(found.group("number")):
                yield _entity(EntityType.NATIONAL_ID, text, found.start("number"), found.end("number"), 1.0)
    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if 12 <= len(digits) <= 19 and luhn.is_valid(digits) and len(set(digits)) > 1:
            yield _entity(EntityType.CARD, text, found.start(), found.end(), 0.99)


def _named(text: str) -> Iterator[Entity]:
    for kind, form in _NAMED_NUMBERS:
        for found in form.finditer(text):
            if any(sign.isdigit() for sign in found.group("number")):
                yield _entity(kind, text, found.start("number"), found.end("number"), 0.9)


def _phones(text: str) -> Iterator[Entity]:
    for found in _PHONE.finditer(text):
        start, end = found.span()
        if text[start] == "(" and ")" not in found.group():
            start += 1
        probability = _phone_probability(text[start:end], before=text[max(0, start - 40) : start])
        if probability:
            yield _entity(EntityType.PHONE, text, start, end, probability)


def _phone_probability(number: str, *, before: str) -> float:
    if _DATE.search(number) or _NO_PHONE.search(before):
        return 0.0
    digits = re.sub(r"\D", "", re.split(r"x|ext", number, flags=re.IGNORECASE)[0])
    if _CHINESE_MOBILE.fullmatch(number) or _is_international(number):
        return 0.98
    if _PHONE_WORDS.search(before) and 6 <= len(digits) <= 15:
        return 0.95
    if _SEPARATED.search(number) and len(digits) >= 7 and not _THOUSANDS.fullmatch(number):
        return 0.8
    return 0.0


def _is_international(number: str) -> bool:
    if not number.startswith(("+", "00")):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse("+" + number.lstrip("+0").replace("(0)", ""), None))
    except phonenumbers.NumberParseException:
        return False


def _dates(text: str) -> Iterator[Entity]:
    for found in _DATE.finditer(text):
        yield _entity(EntityType.DATE, text, found.start(), found.end(), 0.9)


@cache
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
