"""Hundreds of RE2 expressions on one text: first which can match at all, then only those. RE2 never backtracks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import re2
from django.utils.translation import gettext as _

from chatbot.rules.folding import fold, has_look_alikes, readings_of_digits, without_look_alikes
from chatbot.rules.mapped_text import MappedText, Pieces
from chatbot.rules.matching.found import Disguise, Found
from chatbot.rules.matching.skeleton import WITHOUT_BLANKS, word_signs

#: Longer expressions are refused; lists of words belong into rules of their own.
EXPRESSION_CHARACTERS = 1_000
#: Bytes one compiled expression may take; RE2 refuses larger ones when it compiles, and slows down instead of growing.
_MEMORY = 4 << 20
#: Expressions without any letter that must occur are tried so many at once.
_TOGETHER = 16
#: Places of one expression in one text that are told; what comes after changes nothing.
_PLACES = 50

_UNSUPPORTED = (
    (re.compile(r"\(\?<?[=!]"), "look"),
    (re.compile(r"\\[1-9]|\(\?P=|\\k<"), "back"),
    (re.compile(r"[*+?}]\+|\(\?>"), "possessive"),
    (re.compile(r"\(\?#"), "comment"),
)
_WITHOUT_BLANKS = re.compile(f"[{WITHOUT_BLANKS}]")


class ExpressionRefused(ValueError):
    """An expression cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    key: int
    pattern: str
    whole_word: bool = True  #: does not begin or end inside a word


def compiled(pattern: str) -> "re2._Regexp[str]":
    """`pattern` for folded texts, without case. Raises `ExpressionRefused`."""
    if not pattern.strip():
        raise ExpressionRefused(_("The expression is empty."))
    if len(pattern) > EXPRESSION_CHARACTERS:
        counts = {"count": len(pattern), "limit": EXPRESSION_CHARACTERS}
        raise ExpressionRefused(
            _("The expression has %(count)d characters; %(limit)d fit. Make several rules of it.") % counts
        )
    if any(ord(sign) < 32 and sign != "\t" for sign in pattern):
        raise ExpressionRefused(_("The expression holds a control character; write it as \\n, \\t or \\x00."))
    try:
        found = re2.compile(_for_folded_texts(pattern), _options())
    except re2.error as error:
        raise ExpressionRefused(_explained(pattern, error)) from error
    if found.search("") is not None:
        raise ExpressionRefused(
            _(
                "The expression also matches nothing at all, so it would stand everywhere. Is there an empty "
                "alternative, as in (a|), or a * where + is meant?"
            )
        )
    return found


def _options() -> "re2.Options":
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def _for_folded_texts(pattern: str) -> str:
    """Letters of other widths as in a folded text. Signs stay: （ is no bracket of the expression."""
    return "".join(
        fold(sign).text if not sign.isascii() and sign.isalnum() and not sign.isupper() else sign for sign in pattern
    )


def _explained(pattern: str, error: Exception) -> str:
    """RE2's word, and for what people bring from other tools, what to write instead."""
    said = error.args[0] if error.args else ""
    said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    for sign, kind in _UNSUPPORTED:
        if sign.search(pattern):
            return {
                "look": _(
                    "Look-ahead and look-behind, (?=…) (?!…) (?<=…) (?<!…), do not exist here. Tick “whole word”, or "
                    "make a second rule for the exception."
                ),
                "back": _("References to an earlier group, such as \\1, do not exist here. Write the words out."),
                "possessive": _(
                    "Possessive and atomic groups, such as a++ or (?>…), do not exist here and are not "
                    "needed: no expression can become slow."
                ),
                "comment": _("Comments, (?#…), do not exist here. Use the note of the rule."),
            }[kind]
    if "too large" in said or "repetition size" in said or "bad repetition" in said:
        return _("The expression grows too large (%(said)s). Repeat fewer times, or make several rules of it.") % {
            "said": said
        }
    return _("The expression cannot be read: %(said)s.") % {"said": said}


class ExpressionIndex:
    """Built once for a list of expressions; safe to use from several threads. Raises `ExpressionRefused`."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self._expressions = list(expressions)
        self._compiled = [compiled(expression.pattern) for expression in expressions]
        self._filter = re2.Filter() if expressions else None
        self._together: list[tuple[re2._Regexp[bytes], list[int]]] = []
        if self._filter is None:
            return
        for expression in expressions:
            self._filter.Add(_for_folded_texts(expression.pattern), _options())
        self._filter.Compile()
        loose = self._filter.Match("", True) or []
        self._loose = frozenset(loose)
        for start in range(0, len(loose), _TOGETHER):
            numbers = loose[start : start + _TOGETHER]
            joined = "|".join(f"(?:{_for_folded_texts(expressions[number].pattern)})" for number in numbers)
            self._together.append((re2.compile(joined.encode(), _options()), list(numbers)))

    def find(self, text: MappedText) -> Iterator[Found]:
        """Where the expressions match `text`, which `fold` has made, or what it says when it is written plainly."""
        if self._filter is None:
            return
        yield from self._find(text, Disguise.NONE)
        plain = undisguised(text)
        if plain is not None:
            yield from self._find(plain, Disguise.SPACED)
        for reading in readings_of_digits((plain or text).text):
            read = MappedText(source=(plain or text).text, text=reading)
            yield from self._find((plain or text).then(read), Disguise.DIGITS)

    def _find(self, text: MappedText, disguise: Disguise) -> Iterator[Found]:
        if not text.text:
            return
        words = ""
        for number in self._possible(text.text):
            expression = self._expressions[number]
            words = words or word_signs(text.text)
            told = 0
            for match in self._compiled[number].finditer(text.text):
                start, end = match.span()
                if start == end or (expression.whole_word and _is_inside_word(text.text, words, start, end)):
                    continue
                place = text.span(start, end)
                if disguise == Disguise.DIGITS and not _are_digits_few(text.source[place[0] : place[1]]):
                    continue
                yield Found(key=expression.key, start=place[0], end=place[1], disguise=disguise)
                told += 1
                if told >= _PLACES:
                    break

    def _possible(self, text: str) -> Iterator[int]:
        assert self._filter is not None
        encoded = text.encode("utf-8", "replace")
        for number in self._filter.Match(encoded, True) or ():
            if number not in self._loose:
                yield number
        for together, numbers in self._together:
            if together.search(encoded) is not None:
                yield from numbers


def _is_inside_word(text: str, words: str, start: int, end: int) -> bool:
    """True if the match begins or ends in the middle of a word: between two letters; digits may go on."""
    before = words[start - 1] == "w" and start > 0 and text[start - 1].isalpha()
    if before and words[start] == "w" and text[start].isalpha():
        return True
    return words[end] == "w" and text[end].isalpha() and words[end - 1] == "w" and text[end - 1].isalpha()


def _are_digits_few(written: str) -> bool:
    """A number is no word: at least half of what is read as a word must be letters."""
    letters = sum(1 for sign in written if sign.isalpha())
    digits = sum(1 for sign in written if sign.isdigit())
    return 0 < letters >= digits


# What a disguised text says -----------------------------------------------------------------------------------------

_LETTER = rf"[^\W\d_{WITHOUT_BLANKS}]"
_HIDDEN = re.compile(
    rf"""
      (?P<spelled>(?<![^\W_]){_LETTER}(?:[ .\-_*~·,]{{1,2}}{_LETTER}){{2,}}(?![^\W_]))
    | (?P<between>(?<=[{WITHOUT_BLANKS}])[ .\-_*~·^#+/\\|]{{1,3}}(?=[{WITHOUT_BLANKS}])
                 |(?<=[a-z])[*_~^·•]{{1,3}}(?=[a-z]))
    | (?P<run>({_LETTER})\4\4+)
    """,
    re.VERBOSE,
)
#: A quick look at texts in plain letters, which are most: whether `_HIDDEN` can find anything there.
_MAY_BE_HIDDEN = re2.compile(
    (
        r"(?:^|[^a-z0-9])[a-z][ .\-_*~,]{1,2}[a-z][ .\-_*~,]{1,2}[a-z](?:$|[^a-z0-9])|[a-z][*_~^]{1,3}[a-z]|"
        + "|".join(sign * 3 for sign in "abcdefghijklmnopqrstuvwxyz")
    ).encode()
)
_SIGNS_OF_SPELLING = re.compile(r"[ .\-_*~·,]+")


def undisguised(text: MappedText) -> MappedText | None:
    """`text` with spelled words joined, signs in words left out, stretches cut, look-alikes read; None if plain."""
    source = text.text
    if source.isascii() and _MAY_BE_HIDDEN.search(source.encode()) is None:
        return None
    if has_look_alikes(source) and re.search("[a-z]", source):
        source = without_look_alikes(source)
    pieces = Pieces(text.text)
    place = 0
    for hidden in _HIDDEN.finditer(source):
        _put(pieces, source, place, hidden.start())
        place = hidden.end()
        if hidden["spelled"]:
            for number, sign in enumerate(hidden["spelled"]):
                if not _SIGNS_OF_SPELLING.match(sign):
                    pieces.put(sign, hidden.start() + number, hidden.start() + number + 1)
        elif hidden["run"]:
            pieces.put(hidden["run"][0], hidden.start(), hidden.end())
    if place == 0 and source == text.text:
        return None
    _put(pieces, source, place, len(source))
    return text.then(pieces.built())


def _put(pieces: Pieces, text: str, start: int, end: int) -> None:
    for place in range(start, end):
        pieces.put(text[place], place, place + 1)
