"""Sentences in languages that the name tagger does not read: it knows English and Chinese, and takes the nouns of a
German sentence, and much of a French one, for people.

A line is such a sentence by its small words ("ich", "nicht", "mein"). There only what is sure counts: names behind
"ich heiße" and under greetings, a given name with a family name, and an address of the tagger's with a number in it. A
line without small words, such as those of an address under a letter, is read by the tagger as everywhere.
"""

import importlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from chatbot.rules.masking.entities import Entity, EntityType
from chatbot.rules.masking.introductions import introduced_names

_SMALL_WORDS: Final[Mapping[str, frozenset[str]]] = {
    code: frozenset(words.split())
    for code, _, words in (
        line.partition(" = ")
        for line in Path(__file__).with_name("small_words.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
}
#: Different small words that tell a language; one is enough in a text of which it is known.
_TELL: Final = 2
#: Languages whose given names the generator of our training data lists.
_LOCALES: Final = (
    "de_DE", "de_AT", "de_CH", "fr_FR", "es_ES", "es_MX", "it_IT", "pt_PT", "pt_BR", "nl_NL", "pl_PL", "sv_SE", "tr_TR",
    "ru_RU", "uk_UA", "en_US",
)  # fmt: skip
_NAME_LETTERS: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+")
_LINE: Final = re.compile(r"[^\n]+")
_CAPITAL: Final = r"[^\W\d_a-zß-ÿа-яёіїєґ][^\W\d_]*(?:[-'’][^\W\d_]+)*"
_NAME: Final = re.compile(
    rf"(?<![\w-])(?P<given>{_CAPITAL})(?:[ \t]+(?:[A-Z]\.|von|van|de|di|da|dos|del|den|der|zu|le|la)){{0,3}}"
    rf"[ \t]+{_CAPITAL}(?![\w-])"
)
_DIGIT: Final = re.compile(r"\d")


def is_foreign(text: str, *, language: str = "") -> bool:
    """Whether `text` has a sentence that the tagger does not read. `language` is a guess, "" without one."""
    return bool(_language(text, language))


def sure_in_foreign(text: str, tagged: Iterable[Entity], *, language: str = "") -> list[Entity]:
    """Of what the tagger says of a foreign `text`, what may be believed; and the names that are sure without it."""
    code = _language(text, language)
    foreign = [line.span() for line in _LINE.finditer(text) if _small_words(line.group(), code)]
    sentences = " ".join(text[start:end] for start, end in foreign)
    sure = introduced_names(text)
    if sentences:
        sure += [found for found in _full_names(text) if _is_within(found, foreign)]
    return [*sure, *(one for one in tagged if not _is_within(one, foreign) or _is_numbered_address(one))]


def _language(text: str, guess: str) -> str:
    """A code of small_words.txt, "" where the tagger should be believed."""
    words = {word.lower() for word in _WORD.findall(text)}
    counts = {code: len(words & small) for code, small in _SMALL_WORDS.items()}
    base = guess.split("-")[0]
    if counts.get(base):
        return base
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] >= _TELL else ""


def _small_words(text: str, code: str) -> bool:
    return any(word.lower() in _SMALL_WORDS[code] for word in _WORD.findall(text))


def _full_names(text: str) -> list[Entity]:
    """Pairs of words that begin with a capital, the first a given name; also those that begin within another pair."""
    names: list[Entity] = []
    at = 0
    while (found := _NAME.search(text, at)) is not None:
        at = found.end("given")
        if found.group("given").casefold() in _given_names():
            at = found.end()
            names.append(
                Entity(type=EntityType.PERSON, start=found.start(), end=at, text=found.group(), probability=0.9)
            )
    return names


def _is_within(entity: Entity, lines: Iterable[tuple[int, int]]) -> bool:
    return any(start <= entity.start and entity.end <= end for start, end in lines)


def _is_numbered_address(entity: Entity) -> bool:
    return entity.type in (EntityType.ADDRESS, EntityType.ZIP) and bool(_DIGIT.search(entity.text))


@cache
def _given_names() -> frozenset[str]:
    """Folded; those of three letters and more."""
    found: set[str] = set()
    for locale in _LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for kind in ("first_names", "first_names_male", "first_names_female"):
            found.update(name.casefold() for name in getattr(provider, kind, ()) if len(name) >= _NAME_LETTERS)
    return frozenset(found)
