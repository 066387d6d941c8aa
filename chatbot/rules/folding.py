"""One form for words that people write in many: for matching, never for showing. Every character knows its source.

`fold` makes NFKC, folds case and width, reads traditional Chinese signs as their simplified ones and drops what is
invisible. What is stronger, because it may also change
innocent words (look-alike letters of other alphabets, digits that stand for letters), is a second reading that a
caller asks for: `without_look_alikes`, `with_letters_for_digits`. Both keep every character's place.
"""

import re
import unicodedata
from functools import cache

import opencc
import re2

from chatbot.rules.mapped_text import MappedText, Pieces

#: Private characters that the tables put in place of one that vanishes, or that becomes several.
_VANISHES = "\ue000"
_GROWS = "\ue001"
_PRIVATE = "\ufffd"
#: Chinese signs, and some that no table changes, begin here.
_FIRST_HAN = "\u3400"

#: Invisible without being of the category of format characters.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Marks that hang on the letter before: accents, enclosing circles, strokes. Vowel signs of Indic scripts do not.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
#: Marks, and the voicing signs of kana, which are part of their letter.
_HANGING = f"{_MARKS}\u3099\u309a\uff9e\uff9f"
_CLUSTER = re.compile(f".[{_HANGING}]*", re.DOTALL)
_HAS_HANGING = re.compile(f"[{_HANGING}]")
_IS_MARK = re.compile(f"[{_MARKS}]")


class _Folded(dict[int, str]):
    """Character code -> its folded form, one character long; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = _folded(chr(code))
        kept = folded if len(folded) == 1 else (_GROWS if folded else _VANISHES)
        self[code] = kept
        return kept


def _folded(character: str) -> str:
    """`character`, or a letter with its marks, in NFKC and without case; "" if nobody sees it."""
    if character in _INVISIBLE:
        return ""
    if "\ue000" <= character <= "\uf8ff":
        return _PRIVATE
    if character in _LETTERS_IN_SHAPES:
        return _LETTERS_IN_SHAPES[character]
    whole = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    seen = "".join(sign for sign in whole if unicodedata.category(sign) not in _UNSEEN or sign in "\n\t\r")
    return _simplified(seen) if seen >= _FIRST_HAN else seen


def _simplified(sign: str) -> str:
    """货 for 貨; one sign for one. Asked once for each sign, see `_TABLE`."""
    simple = str(_converter().convert(sign))
    return simple if len(simple) == len(sign) else sign


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


#: Format characters (zero-width, direction, soft hyphen), control characters, halves of characters.
_UNSEEN = frozenset({"Cf", "Cc", "Cs"})
#: Letters in circles, squares and flags that NFKC leaves alone.
_LETTERS_IN_SHAPES = {
    chr(first + number): chr(ord("a") + number)
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for number in range(26)
    if not (first == 0x1F170 and number + first == 0x1F18E)
} | {chr(code): "" for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x180B, 0x180C, 0x180D)}

_TABLE = _Folded()


def fold(text: str) -> MappedText:
    """`text` in NFKC, case folded, without invisible characters. Line ends and blanks stay as they are."""
    if text.isascii():
        folded = text.lower()
        if not _ASCII_CONTROL.search(folded):
            return MappedText(source=text, text=folded)
    if not _HAS_HANGING.search(text):
        folded = text.translate(_TABLE)
        if _VANISHES not in folded and _GROWS not in folded:
            return MappedText(source=text, text=folded)
    return _folded_piece_by_piece(text)


_ASCII_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _folded_piece_by_piece(text: str) -> MappedText:
    pieces = Pieces(text)
    for cluster in _CLUSTER.finditer(text):
        written = cluster[0]
        if len(written) == 1:
            folded = _TABLE[ord(written)]
            if folded == _VANISHES:
                continue
            if folded == _GROWS:
                folded = _folded(written)
        else:
            folded = _folded(written)
        pieces.put(folded, cluster.start(), cluster.end())
    return pieces.built()


# Look-alikes --------------------------------------------------------------------------------------------------------

#: Folded letters of Cyrillic, Greek, Armenian, Hebrew, Cherokee and phonetic alphabets by the plain Latin letter they
#: look like. Our own choice of what one cannot tell apart in a chat; Unicode lists thousands nobody takes for a letter.
_LOOKING_LIKE = {
    "3": "з", "a": "аӓӑαάɑɐᴀᎪ", "b": "вьβʙƀɓᏴ",
    "c": "сϲᴄƈȼᏟ", "d": "ԁδᴅđɖɗðᎠ", "e": "еёєәεέᴇǝɛəɘᎬ",
    "f": "ғϝքꜰƒ", "g": "ցɡɢǥɠᏀ", "h": "һнհʜħɦᎻ",
    "i": "іїιίϊוıɩɪᎥ", "j": "јϳյᴊɉᎫ", "k": "кқκᴋƙᏦ",
    "l": "ӏʟłƚɫᏞ", "m": "мᴍɱᎷ", "n": "пηήπոɴɲŋ",
    "o": "оөӧοόσφօסᴏøɵ", "p": "рρᴘƥᏢ", "q": "ԛզʠ",
    "r": "гʀɾɍᎡ", "s": "ѕꜱʂᏚ", "t": "тτᴛŧƭᎢ",
    "u": "цμυύϋսᴜʉ", "v": "ѵνᴠʋᏙ", "w": "ԝшωώѡᴡᎳ",
    "x": "хҳχ", "y": "уүўӱʏɏƴ", "z": "ζᴢʐƶᏃ",
}  # fmt: skip
_LOOK_ALIKES = {sign: letter for letter, signs in _LOOKING_LIKE.items() for sign in signs}
_LOOK_ALIKE_TABLE = {ord(sign): letter for sign, letter in _LOOK_ALIKES.items()}
_HAS_LOOK_ALIKE = re.compile("[" + "".join(_LOOK_ALIKES) + "]")


def has_look_alikes(folded: str) -> bool:
    return not folded.isascii() and _HAS_LOOK_ALIKE.search(folded) is not None


def without_look_alikes(folded: str) -> str:
    """Letters of other alphabets read as the Latin ones that they look like; as long as before."""
    return folded.translate(_LOOK_ALIKE_TABLE)


# Accents ------------------------------------------------------------------------------------------------------------


class _Bare(dict[int, str]):
    """Letter code -> the letter without its accents."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        parts = unicodedata.normalize("NFD", sign)
        # Hangul syllables fall apart as well, but into letters and not into a letter with its marks.
        bare = parts[0] if len(parts) > 1 and _IS_MARK.fullmatch(parts[1]) and parts[0].isalpha() else sign
        self[code] = bare
        return bare


_BARE = _Bare()


def without_accents(folded: str) -> str:
    """As long as before."""
    return folded if folded.isascii() else folded.translate(_BARE)


# Digits and signs for letters ---------------------------------------------------------------------------------------

_LETTERS_FOR = {
    "0": "o",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "€": "e",
    "+": "t",
}
_READINGS = tuple(str.maketrans(_LETTERS_FOR | {"1": letter, "!": letter, "|": letter}) for letter in ("i", "l"))
_MIXED = re2.compile("[a-z][013457@$!|89€+]|[013457@$!|89€+][a-z]".encode())
_HAS_ONE = re.compile(r"[1!|]")


def readings_of_digits(folded: str) -> tuple[str, ...]:
    """Digits and signs read as the letters they stand for ("r3fund"), as long as before; none if nothing is mixed.

    Two readings if there is a 1, which stands for i and for l.
    """
    if _MIXED.search(folded.encode("utf-8", "replace")) is None:
        return ()
    return tuple(folded.translate(table) for table in (_READINGS if _HAS_ONE.search(folded) else _READINGS[:1]))
