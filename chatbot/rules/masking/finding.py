"""Everything personal in one text, each place once: what has a form, then what the tagger reads as a name."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from chatbot.rules.masking.entities import Entity, EntityType
from chatbot.rules.masking.foreign import is_foreign, sure_in_foreign
from chatbot.rules.masking.patterns import patterned_entities
from chatbot.rules.masking.tagger import tagged_entities

#: A number that only looks like a telephone's gives way to a street address that the tagger sees there.
_LOOKS_LIKE_A_PHONE: Final = 0.8
_BETWEEN: Final = re.compile(r"[\s,.;>?*|/-]{0,8}")
_ADDRESS_PARTS: Final = frozenset({EntityType.ADDRESS, EntityType.PLACE, EntityType.ZIP})


def personal_entities(
    text: str, *, also: Iterable[Entity] = (), names: Iterable[Entity] = (), language: str = ""
) -> tuple[Entity, ...]:
    """Entities in order, not overlapping. `also` and `names` are found elsewhere: the first go before everything, the
    names behind what has a form, so that jane@example.com is an address, and not Jane with something behind her.
    `language` is what the text is taken to be in; it helps with short sentences that the tagger cannot read."""
    patterned = patterned_entities(text)
    sure = [entity for entity in patterned if entity.probability > _LOOKS_LIKE_A_PHONE]
    unsure = [entity for entity in patterned if entity.probability <= _LOOKS_LIKE_A_PHONE]
    tagged: Sequence[Entity] = tagged_entities(text)
    if is_foreign(text, language=language):
        tagged = sure_in_foreign(text, tagged, language=language)
    return _whole_addresses(text, without_overlaps([*also, *sure, *names, *tagged, *unsure]))


def without_overlaps(entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """The earlier in the list wins a place."""
    taken: list[Entity] = []
    for entity in entities:
        if all(entity.end <= other.start or other.end <= entity.start for other in taken):
            taken.append(entity)
    return tuple(sorted(taken, key=lambda entity: entity.start))


def _whole_addresses(text: str, entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """A street with the town, code and country right behind it is one address."""
    whole: list[Entity] = []
    for entity in entities:
        last = whole[-1] if whole else None
        if (
            last is not None
            and last.type == EntityType.ADDRESS
            and entity.type in _ADDRESS_PARTS
            and _BETWEEN.fullmatch(text, last.end, entity.start)
        ):
            whole[-1] = Entity(
                type=EntityType.ADDRESS,
                start=last.start,
                end=entity.end,
                text=text[last.start : entity.end],
                probability=min(last.probability, entity.probability),
            )
        else:
            whole.append(entity)
    return tuple(whole)
