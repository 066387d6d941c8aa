"""Text cut into tokens with their places, and what the name tagger looks at in each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: A number with its inner signs is one token, a word is one, and so is each Chinese character and each other sign.
_TOKEN = re.compile(
    r"[\u3400-\u9fff]|\d+(?:[./:-]\d+)*|[^\W\d_\u3400-\u9fff]+(?:[’'][^\W\d_]{1,2}(?!\w))?|\w|[^\w\s]|\n", re.UNICODE
)
_RANKS = ((2_300, "very common"), (3_500, "common"), (6_000, "frequent"), (10_000, "known"), (17_000, "uncommon"))
_VOWELS = re.compile(r"[aeiouyäöüåæøáéíóúàèìòùâêîôû]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    text: str
    start: int  #: characters
    end: int  #: characters, exclusive


def tokens_of(text: str) -> list[Token]:
    """Words, numbers and signs of `text`; a line break is a token too, because addresses break there."""
    return [Token(text=found.group(), start=found.start(), end=found.end()) for found in _TOKEN.finditer(text)]


def features_of(tokens: Sequence[Token], ranks: Mapping[str, int]) -> list[list[str]]:
    """For each token the names of what is true of it and of its neighbours.

    `ranks` are the places of ordinary words in a list by frequency: "the" is small, "walrus" large, names in between.
    """
    own = [_own_features(token.text, ranks) for token in tokens]
    rows: list[list[str]] = []
    for place in range(len(tokens)):
        row = list(own[place])
        for offset in (-3, -2, -1, 1, 2, 3):
            other = place + offset
            if 0 <= other < len(tokens):
                word = tokens[other].text.casefold()
                row.append(f"{offset}w={word}")
                if abs(offset) < 3:
                    row.append(f"{offset}s={_shape(tokens[other].text)}")
                if abs(offset) == 1:
                    row.extend(f"{offset}{feature}" for feature in own[other] if feature.startswith(("e3=", "sr=")))
            elif abs(offset) == 1:
                row.append(f"{offset}none")
        if 0 < place < len(tokens) - 1:
            row.append(f"ww={tokens[place - 1].text.casefold()}|{tokens[place + 1].text.casefold()}")
        if place > 1:
            row.append(f"bb={tokens[place - 2].text.casefold()}|{tokens[place - 1].text.casefold()}")
        if place == 0 or tokens[place - 1].text in ".!?:\n":
            row.append("first")
        rows.append(row)
    return rows


def _own_features(text: str, ranks: Mapping[str, int]) -> list[str]:
    word = text.casefold()
    shape = _shape(text)
    row = [f"w={word}", f"s={shape}", f"l={min(len(text), 8)}"]
    if text.isalpha():
        rank = _rank(word, ranks)
        row += [f"r={rank}", f"sr={shape}{rank}"]
        row += [f"b2={word[:2]}", f"b3={word[:3]}", f"e2={word[-2:]}", f"e3={word[-3:]}", f"e4={word[-4:]}"]
        if not word.isascii() and len(word) > 1:
            row.append("accent")
        if len(word) > 3 and not _VOWELS.search(word):
            row.append("no_vowel")
    return row


def _rank(word: str, ranks: Mapping[str, int]) -> str:
    place = ranks.get(word)
    if place is None:
        return "rare"
    return next((name for bound, name in _RANKS if place < bound), "seldom")


def _shape(text: str) -> str:
    """ "Xx" for a capitalised word, "XX" for capitals, "xx" for small letters, "d3" for three digits, else the sign."""
    if text == "\n":
        return "break"
    if text.isdigit():
        return f"d{min(len(text), 7)}"
    if text[0].isdigit():
        return "d" + re.sub(r"\d+", "d", text)[:5]
    if not text.isalpha():
        return "word'" if text[0].isalpha() else text
    if "\u3400" <= text[0] <= "\u9fff":
        return "han"
    if text.isupper():
        return "XX" if len(text) > 1 else "X"
    if text[0].isupper():
        return "Xx" if text[1:].islower() else "XxX"
    return "xx" if len(text) > 1 else "x"
