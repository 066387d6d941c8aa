"""Personal data out of what a model sees, and back into what it says: stable placeholders such as `[PERSON_1]`.

What is personal is looked for once, in what the customer and the conversation said; then each of these values is
replaced wherever it stands, in the question, the history and the passages alike.
"""

import html
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from chatbot.rules.delimiting import neutral, neutral_attribute
from chatbot.rules.masking.entities import Entity, EntityType
from chatbot.rules.masking.finding import personal_entities
from chatbot.rules.masking.policy import MaskingPolicy, Treatment

#: A placeholder as we write it, and as a model may give it back: other case, blanks, Markdown's backslashes.
_NUMBERED: Final = r"\s*[A-Za-z]{2,24}(?:\\?_[A-Za-z]{2,24}){0,3}\\?_\d{1,6}\s*"
_PLACEHOLDER: Final = re.compile(rf"\\\[{_NUMBERED}\\\]|\[{_NUMBERED}\]")
#: A bracket at the end that may become one.
_BEGUN: Final = re.compile(r"\\?\[[A-Za-z\d_\\\s]{0,120}\Z|\\\Z")
#: Text of the customer's that looks like a placeholder is replaced too, so that nothing can be smuggled through.
_LOOKALIKE: Final = "TEXT"
#: Names shorter than this are no names to look for in a text.
_NAME_CHARACTERS: Final = 2
#: Values kept at most; beyond it a text is no message but a list, and people should read it.
VALUES_AT_MOST: Final = 500


class UnknownPlaceholder(Exception):
    """The model wrote a placeholder that stands for nothing; its text must not be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masker:
    """The values of one conversation and what stands for them."""

    placeholders: Mapping[str, str]  #: value -> placeholder
    refused: tuple[EntityType, ...]  #: types found that must reach no model at all
    counts: Mapping[str, int]  #: values by type, for the trace; no values
    _values: Mapping[str, str] = field(default_factory=dict)  #: folded placeholder -> value
    _search: re.Pattern[str] | None = None

    def mask(self, text: str) -> str:
        """`text` with every value replaced; what looks like a placeholder already is replaced as well."""
        if self._search is None:
            return text
        return self._search.sub(lambda found: self.placeholders.get(found.group(), found.group()), text)

    def restore(self, text: str) -> str:
        """`text` with every placeholder turned back. Raises `UnknownPlaceholder`."""

        def value(found: re.Match[str]) -> str:
            known = self._values.get(_folded(found))
            if known is None:
                raise UnknownPlaceholder(f"the reply holds {found.group()[:40]}, which stands for nothing")
            return known

        return _PLACEHOLDER.sub(value, text)

    def restore_beginning(self, text: str) -> str:
        """`restore` for a text that is still being written: a placeholder that may not be whole yet is left out.

        What is given for a longer beginning continues what was given for a shorter one. A placeholder that stands for
        nothing ends it: whoever writes the whole learns of it by `restore`.
        """
        begun = _BEGUN.search(text)
        text = text[: begun.start()] if begun else text
        for found in _PLACEHOLDER.finditer(text):
            if _folded(found) not in self._values:
                text = text[: found.start()]
                break
        return self.restore(text)

    def hide(self, text: str) -> str:
        """`text` without any value, for a search; masked instead where nothing would be left."""
        if self._search is None:
            return text
        hidden = " ".join(self._search.sub(" ", text).split())
        return hidden if re.search(r"\w", hidden) else self.mask(text)


def masker_for(
    texts: Iterable[str], *, policy: MaskingPolicy, known_names: Iterable[str] = (), language: str = ""
) -> Masker:
    """What is personal in `texts` (what the customer and the conversation said), by the team's `policy`.

    `known_names` are the customer's own, from the profile: they are found in any case and without the tagger.
    `language` is what the texts are taken to be in, "" where nothing says it.
    """
    numbers: Counter[str] = Counter()
    placeholders: dict[str, str] = {}
    refused: dict[EntityType, None] = {}
    counts: Counter[str] = Counter()
    names = _names(known_names)

    attached: set[str] = set()

    def add(value: str, label: str, *, is_attached: bool = False) -> None:
        if value not in placeholders and len(placeholders) < VALUES_AT_MOST:
            numbers[label] += 1
            placeholders[value] = f"[{label}_{numbers[label]}]"
        if is_attached:
            attached.add(value)

    for text in dict.fromkeys(texts):
        for found in _PLACEHOLDER.finditer(text):
            add(found.group(), _LOOKALIKE)
        for entity in personal_entities(
            text, also=policy.own_entities(text), names=_known(text, names), language=language
        ):
            treatment = policy.treatment(entity)
            if treatment is Treatment.KEEP:
                continue
            if treatment is Treatment.REFUSE:
                refused[entity.type] = None
            counts[entity.type.value] += entity.text not in placeholders
            neighbours = text[max(0, entity.start - 1) : entity.start] + text[entity.end : entity.end + 1]
            add(entity.text, policy.label(entity), is_attached=any(map(_is_latin, neighbours)))
    # As they were written, and as they stand in a prompt or in HTML.
    spellings = (str, neutral, neutral_attribute, partial(html.escape, quote=False))
    written = {spelled(value): mark for value, mark in placeholders.items() for spelled in spellings}
    return Masker(
        placeholders=written,
        refused=tuple(refused),
        counts=dict(counts),
        _values={mark.casefold(): value for value, mark in placeholders.items()},
        _search=_alternatives(written, attached) if written else None,
    )


def _alternatives(values: Iterable[str], attached: Container[str]) -> re.Pattern[str]:
    """One pattern for all values, the longest first; none inside a longer word or number, but for those found so."""
    parts = []
    for value in sorted(values, key=lambda value: (-len(value), value)):
        before = r"(?<![^\W_])" if _is_latin(value[0]) and value not in attached else ""
        after = r"(?![^\W_])" if _is_latin(value[-1]) and value not in attached else ""
        parts.append(before + re.escape(value) + after)
    return re.compile("|".join(parts))


def _is_latin(sign: str) -> bool:
    """Chinese has no blanks between words: there a value may stand beside any other sign."""
    return sign.isalnum() and not "\u3040" <= sign <= "\u9fff"


def _folded(found: re.Match[str]) -> str:
    return "".join(found.group().replace("\\", "").split()).casefold()


def _names(known: Iterable[str]) -> list[re.Pattern[str]]:
    """The whole name first, then its parts."""
    whole = [" ".join(name.split()) for name in known]
    parts = [part for name in whole for part in name.split() if len(part) > _NAME_CHARACTERS]
    return [
        re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
        for name in dict.fromkeys([*whole, *parts])
        if len(name) >= _NAME_CHARACTERS and re.search(r"[^\W\d_]", name)
    ]


def _known(text: str, names: Iterable[re.Pattern[str]]) -> list[Entity]:
    return [
        Entity(type=EntityType.PERSON, start=found.start(), end=found.end(), text=found.group(), probability=1.0)
        for name in names
        for found in name.finditer(text)
    ]
