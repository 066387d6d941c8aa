"""What a customer said, without what mail programs add: quotations, signatures, tracking. Characters keep their places.

Careful rather than thorough: a line too many costs a worse search, a line too few what the customer wants. Lines are
looked at one by one, and only at their beginnings, so that no text can make it slow.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.rules.folding import fold
from chatbot.rules.mapped_text import MappedText, Pieces

#: Characters of a line that are looked at.
_SEEN = 400
#: A signature has at most so many lines, each at most so long.
_SIGNATURE_LINES = 7
_SIGNATURE_CHARACTERS = 80
#: Tracking parameters of one address; more are left.
_ADDRESS_CHARACTERS = 2_000

_QUOTED = re.compile(r"\s*>")
#: "On Monday, Mia wrote:", in a few languages: how it begins and how it ends.
_WROTE_BEGINS = ("on ", "am ", "le ", "el ", "在", "于")
_WROTE_ENDS = ("wrote", "a écrit", "escribió", "写道", "寫道")
_ORIGINAL = re.compile(
    r"\s*-{2,}\s*(?:Original (?:Message|Appointment)|Original-Nachricht|Ursprüngliche Nachricht|Message d'origine"
    r"|Mensaje original|原始邮件|原始郵件|邮件原件)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\s*\*?(?:From|Sent|Date|To|Cc|Subject|Von|Gesendet|An|Betreff|De|Envoyé|À|Objet|Enviado|Para|Asunto"
    r"|发件人|发送时间|收件人|抄送|主题|日期)\s*[:：]\*?\s*\S",
    re.IGNORECASE,
)
#: So many lines of headers in a row are the head of a quoted mail.
_HEADERS = 3
_DELIMITER = re.compile(r"--\s?$")
_DEVICE = re.compile(
    r"\s*(?:Sent from (?:my|the)\b.{0,60}|Sent (?:with|via)\b.{0,40}|Get Outlook for\b.{0,60}"
    r"|Von meinem .{0,30} gesendet|Gesendet mit .{0,40}|Envoyé de mon .{0,40}|Enviado desde mi .{0,40}"
    r"|发自我的.{0,30}|發自我的.{0,30}|从我的.{0,20}发送)\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:(?:best|kind|warm|many|with (?:best|kind))\s+(?:regards|wishes|greetings)|best|regards|cheers"
    r"|sincerely(?: yours)?"
    r"|yours (?:sincerely|faithfully|truly)|thanks and regards|thanks(?: a lot| in advance)?|many thanks"
    r"|mit freundlichen grüßen|viele grüße|liebe grüße|beste grüße|mfg|cordialement|bien à vous|saludos(?: cordiales)?"
    r"|此致|敬礼|祝好|顺祝商祺)\s*[,.!，。！]?\s*$",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\+?\d[\d ()/.-]{6,}|\S@\S{1,64}\.\S|https?://|www\.|\b(?:tel|phone|mobile|fax|mob|cell)\b", re.IGNORECASE
)
#: Stand between the words of a name without a capital.
_PARTICLES = frozenset("of and the for von van der den de la le du at da di".split())  # noqa: SIM905
_NAME_PARTS = re.compile(r"[\s,|/·•&-]+")
_SIGNATURE_WORDS = 8
_RUBBISH = re.compile(
    r"\s*(?:\[(?:cid|image)\s*:.{0,300}\]|<https?://\S{1,2000}>"
    r"|view (?:this|the) (?:e-?mail|message) in (?:your|a) browser.{0,40}"
    r"|(?:click here to )?unsubscribe(?: here| from this list)?\.?"
    r"|this message was sent to \S{3,200}\.?|退订|取消订阅)\s*$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\s*(?:this (?:e-?mail|message|communication)\b.{0,120}\b(?:confidential|intended (?:solely|only))"
    r"|confidentiality notice|diese e-?mail enthält vertrauliche|本邮件(?:及其附件)?(?:含有|包含).{0,20}保密)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]{4,2000}")
_TRACKING = re.compile(
    r"(?:utm_[a-z_]+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_hs(?:enc|mi)|mkt_tok"
    r"|vero_(?:id|conv)|oly_(?:anon|enc)_id|s_cid|spm|trk|trkinfo|_openstat|ck_subscriber_id)",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextViews:
    """One text seen three ways; the last two know where each of their characters stands in the first."""

    written: str  #: shown to people
    cleaned: MappedText  #: searched for, and sent to the model
    folded: MappedText  #: matched


def views(written: str) -> TextViews:
    cleaned = clean(written)
    return TextViews(written=written, cleaned=cleaned, folded=cleaned.then(fold(cleaned.text)))


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int  #: without the line end
    text: str  #: its beginning, as much as is looked at


def clean(written: str) -> MappedText:
    """`written`, plain text, without quoted mail, signatures, tracking and superfluous blanks; perhaps ""."""
    lines = _lines(written)
    kept = _without_signature(_without_rubbish(_without_quotations(lines)))
    pieces = Pieces(written)
    is_first, are_empty = True, 0
    for line in kept:
        start, end = _stripped(written, line)
        if start == end:
            are_empty += 1
            continue
        if not is_first:
            # The line ends that parted it from what is kept before it: one, or two for a paragraph.
            pieces.put("\n" * min(2, are_empty + 1), line.start - 1, line.start)
        _put_line(pieces, written, start, end)
        is_first, are_empty = False, 0
    return pieces.built()


def _lines(written: str) -> list[_Line]:
    lines = []
    start = 0
    while True:
        end = written.find("\n", start)
        end = len(written) if end < 0 else end
        lines.append(_Line(start, end, written[start : min(end, start + _SEEN)]))
        if end == len(written):
            return lines
        start = end + 1


def _without_quotations(lines: Sequence[_Line]) -> list[_Line]:
    kept: list[_Line] = []
    headers = 0
    skip = 0
    for number, line in enumerate(lines):
        if skip:
            skip -= 1
            continue
        if _QUOTED.match(line.text) or _is_attribution(line.text):
            continue
        if number + 1 < len(lines) and _is_attribution_in_two_lines(line, lines[number + 1]):
            skip = 1
            continue
        if _ORIGINAL.match(line.text):
            break
        headers = headers + 1 if _HEADER.match(line.text) else 0
        if headers >= _HEADERS and len(kept) >= headers and _has_words(kept[: -headers + 1]):
            del kept[-headers + 1 :]
            break
        kept.append(line)
    return kept


def _is_attribution(text: str) -> bool:
    """String methods alone: expressions for this would be slow on lines made for them."""
    line = text.strip()
    if not line.endswith((":", "：")) or len(line) >= _SEEN:
        return False
    folded = line.rstrip(" :：").casefold()
    if folded.startswith(_WROTE_BEGINS) and len(folded) > 9:
        return folded.endswith(_WROTE_ENDS) or " schrieb " in folded
    return folded.endswith(("写道", "寫道")) and ("于" in folded or "在" in folded) and any(map(str.isdigit, folded))


def _is_attribution_in_two_lines(line: _Line, following: _Line) -> bool:
    """Long ones are broken, and then have the time in them; else it may be a sentence."""
    if not line.text.lstrip().casefold().startswith(_WROTE_BEGINS) or not following.text.rstrip().endswith((":", "：")):
        return False
    both = f"{line.text.strip()} {following.text.strip()}"
    return _is_attribution(both) and any(map(str.isdigit, both))


def _has_words(lines: Sequence[_Line]) -> bool:
    return any(not line.text.isspace() and line.text for line in lines)


def _without_rubbish(lines: Sequence[_Line]) -> list[_Line]:
    kept: list[_Line] = []
    for line in lines:
        if _RUBBISH.match(line.text) or _DEVICE.match(line.text):
            continue
        if _DISCLAIMER.match(line.text) and _has_words(kept):
            break
        kept.append(line)
    return kept


def _without_signature(lines: Sequence[_Line]) -> list[_Line]:
    for number, line in enumerate(lines):
        if number and _DELIMITER.match(line.text) and _has_words(lines[:number]):
            return list(lines[:number])
    first = max(1, len(lines) - _SIGNATURE_LINES - 1)
    for number in range(first, len(lines)):
        if _CLOSING.match(lines[number].text) and _has_words(lines[:number]) and _is_signature(lines[number + 1 :]):
            return list(lines[:number])
    return list(lines)


def _is_signature(lines: Sequence[_Line]) -> bool:
    """A name, a company, ways to reach somebody."""
    said = [line for line in lines if line.text.strip()]
    if not said or len(said) > _SIGNATURE_LINES:
        return False
    return all(
        line.end - line.start <= _SIGNATURE_CHARACTERS and (_CONTACT.search(line.text) or _is_name(line.text))
        for line in said
    )


def _is_name(text: str) -> bool:
    """Of a person or a company: words with capitals, or a few Chinese signs."""
    words = [word for word in _NAME_PARTS.split(text.strip()) if word]
    if not words or len(words) > _SIGNATURE_WORDS:
        return False
    return all(word[0].isupper() or word in _PARTICLES or (not word[0].islower() and len(word) <= 4) for word in words)


def _stripped(written: str, line: _Line) -> tuple[int, int]:
    text = written[line.start : line.end]
    left = len(text) - len(text.lstrip())
    return (line.start + left, line.start + len(text.rstrip())) if text.strip() else (line.start, line.start)


def _put_line(pieces: Pieces, written: str, start: int, end: int) -> None:
    """Without tracking parameters, and with single blanks."""
    place = start
    for address in _ADDRESS.finditer(written, start, end):
        _put_words(pieces, written, place, address.start())
        _put_address(pieces, written, address.start(), address.end())
        place = address.end()
    _put_words(pieces, written, place, end)


def _put_words(pieces: Pieces, written: str, start: int, end: int) -> None:
    place = start
    for blanks in _BLANKS.finditer(written, start, end):
        pieces.keep(place, blanks.start())
        pieces.put(" ", blanks.start(), blanks.end())
        place = blanks.end()
    pieces.keep(place, end)


def _put_address(pieces: Pieces, written: str, start: int, end: int) -> None:
    question = written.find("?", start, end)
    if question < 0:
        pieces.keep(start, end)
        return
    fragment = written.find("#", question, end)
    query_end = end if fragment < 0 else fragment
    pieces.keep(start, question)
    sign = "?"
    place = question + 1
    while place < query_end:
        stop = written.find("&", place, query_end)
        stop = query_end if stop < 0 else stop
        name = written[place:stop].partition("=")[0]
        if not _TRACKING.fullmatch(name):
            pieces.put(sign, place - 1, place)
            pieces.keep(place, stop)
            sign = "&"
        place = stop + 1
    pieces.keep(query_end, end)
