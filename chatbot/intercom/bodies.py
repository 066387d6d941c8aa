"""Bodies of conversation parts, which are HTML or plain text depending on API version and place: one plain text out."""

import html
import re

_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr|pre|blockquote|ul|ol|table)\s*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
#: Not a parser on purpose: the usual ones need minutes for some 100 kB of unclosed tags, and strangers write to us.
_TAG = re.compile(r"</?[a-z][^<>]*>|<![^<>]*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script|title|head)\b", re.IGNORECASE)
_HTML = re.compile(
    r"<(?:p|div|br|a|b|i|em|strong|ul|ol|li|h[1-6]|img|table|span|pre|code|blockquote)\b[^<>]*>", re.IGNORECASE
)
_QUOTATION = re.compile(r"<(/?)blockquote\b[^<>]*>", re.IGNORECASE)
#: Deeper quotations look like this deep: their marks would grow with each line.
_QUOTATION_DEPTH = 5
_SPACES = re.compile(r"[^\S\n]+")
#: How often words may be escaped inside one another before we stop looking.
_LAYERS = 8
_EMPTY_LINES = re.compile(r"\n{3,}")


def plain_text(body: object) -> str:
    """`body` as plain text: tags stripped, entities resolved, blanks collapsed; "" for anything that is no text.

    A body counts as HTML if it holds a tag that Intercom writes; "if a < b" stays as it is. NUL bytes and lone
    surrogates, which PostgreSQL cannot store, become the replacement character.
    """
    if not isinstance(body, str) or not body:
        return ""
    text = body.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if _HTML.search(text):
        text = _with_quotation_marks(text)
        text = _IMAGE.sub(" ", _BREAK.sub("\n", _without_unseen(text)))
        text = html.unescape(_TAG.sub("", text)).encode("utf-8", "replace").decode()
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = "\n".join(line.strip() for line in text.split("\n"))
    return _EMPTY_LINES.sub("\n\n", lines).strip()


def _with_quotation_marks(text: str) -> str:
    """Lines inside of block quotations begin with ">", as they do in plain mail."""
    if "<blockquote" not in text.casefold():
        return text
    pieces, depth, place = [], 0, 0
    for tag in _QUOTATION.finditer(text):
        pieces.append(_quoted(text[place : tag.start()], depth))
        depth = max(0, depth - 1) if tag[1] else min(_QUOTATION_DEPTH, depth + 1)
        pieces.append("<br>")
        place = tag.end()
    return "".join((*pieces, _quoted(text[place:], depth)))


def _quoted(text: str, depth: int) -> str:
    if not depth or not text.strip():
        return text
    mark = "&gt;" * depth + " "
    return mark + _BREAK.sub(lambda found: found[0] + mark, text.replace("\n", " "))


def comparable(body: object) -> str:
    """A form in which the same words are equal, however the markup and the blanks came back.

    Words may look like markup themselves ("use <br>"): sent as HTML they come back escaped once, or as they are. Both
    end the same once nothing that looks like markup is left.
    """
    text = plain_text(body)
    for _layer in range(_LAYERS):
        further = plain_text(text)
        if further == text:
            break
        text = further
    return "".join(text.split()).casefold()


def _without_unseen(text: str) -> str:
    """Style sheets and scripts, which mails carry, are no words."""
    lowered, kept, place = text.lower(), [], 0
    if len(lowered) != len(text):  # some letters grow in lower case; then places do not fit
        return text
    while (opening := _UNSEEN.search(text, place)) is not None:
        closing = lowered.find(f"</{opening[1].lower()}", opening.end())
        if closing < 0:
            break
        kept.append(text[place : opening.start()])
        place = closing
    return "".join((*kept, text[place:]))
