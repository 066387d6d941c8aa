"""Pure: whether a text may say something about one person. Errs towards yes: what is kept may be told to others."""

import re
from collections.abc import Iterable
from typing import Final

_ADDRESS: Final = re.compile(r"\S@\S|https?://|www\.", re.IGNORECASE)
#: Longer runs of digits, blanks and dashes between them included, are orders, phones, cards, accounts or dates.
_NUMBER: Final = re.compile(r"\d(?:[\s./-]?\d){3,}")
#: A word with a digit: an order, a licence plate, or only the name of a product.
_CODE: Final = re.compile(r"\w*\d[\w-]*")
_INTRODUCTION: Final = re.compile(
    r"\b(?:my name|name is|i am called|i['’]?m called|call me|this is [A-Z]|(?:mr|mrs|ms|dr|prof)\b\.?"
    r"|(?:dear|regards|sincerely|cheers|greetings)[,\s]+[A-Z]"
    r"|my (?:address|birthday|date of birth|passport|iban|account number|card number|phone|mobile|e-?mail) (?:is|:))"
    r"|我叫|我姓|本人|名字(?:是|叫)|姓名|身份证|电话(?:是|：)|手机(?:号)?(?:是|：)|地址(?:是|：)|先生|女士|小姐"
    r"|ich heiße|mein name|je m['’]appelle|me llamo|mi chiamo",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;。！？…\n]\s*|[\"“(\-*•>]\s*)$")
_LEAST_NAME: Final = 2


def holds_personal_detail(text: str, *, names: Iterable[str] = (), public: str = "") -> bool:
    """Whether `text` may name a person, an address, an order or any other number.

    `names` are the customer's. What stands in `public`, the articles that everybody may read, is no detail of a person.
    """
    if _ADDRESS.search(text) or _INTRODUCTION.search(text):
        return True
    known = public.casefold()
    if any(number not in known for number in _NUMBER.findall(text)):
        return True
    if any(len(code) > 1 and code.casefold() not in known for code in _CODE.findall(text) if not code.isdigit()):
        return True
    folded = text.casefold()
    for name in names:
        for part in _WORD.findall(name.casefold()):
            if len(part) >= _LEAST_NAME and _stands_in(part, folded):
                return True
    return any(_may_be_a_name(word, text) and word.group().casefold() not in known for word in _WORD.finditer(text))


def _stands_in(part: str, folded: str) -> bool:
    """A name of Latin letters as a whole word; Chinese has no blanks between words."""
    return bool(re.search(rf"\b{re.escape(part)}\b", folded)) if part.isascii() else part in folded


def _may_be_a_name(word: re.Match[str], text: str) -> bool:
    """A capital inside a sentence, but not "I" nor an abbreviation."""
    written = word.group()
    if not written[0].isupper() or len(written) < _LEAST_NAME or written.isupper() or written.startswith(("I'", "I’")):
        return False
    return not _SENTENCE_START.search(text[max(0, word.start() - 4) : word.start()])
