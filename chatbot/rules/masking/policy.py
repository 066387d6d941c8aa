"""What the team wants done with personal data of each kind, and the numbers of its own that count as personal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.db import models
from django.utils.translation import gettext_lazy as _

from chatbot.rules.masking.entities import Entity, EntityType


class Treatment(models.TextChoices):
    MASK = "mask", _("mask: the model sees a placeholder")
    KEEP = "keep", _("keep: the model sees it")
    REFUSE = "refuse", _("refuse: no model is asked, a person answers")


#: Before anybody decides otherwise: what points at one person is masked; what an answer may depend on is kept.
DEFAULT_TREATMENTS: Final[Mapping[EntityType, Treatment]] = {
    **dict.fromkeys(EntityType, Treatment.MASK),
    **dict.fromkeys(
        (
            EntityType.ZIP,
            EntityType.PLACE,
            EntityType.ORGANIZATION,
            EntityType.NATIONALITY,
            EntityType.TITLE,
            EntityType.AGE,
            EntityType.DATE,
            EntityType.URL,
        ),
        Treatment.KEEP,
    ),
}
#: A name less probable than this is left alone: masking a product's name costs the answer.
NAMES_AT_LEAST: Final = 0.5
_BY_SENSE: Final = frozenset({EntityType.PERSON, EntityType.ADDRESS, EntityType.ORGANIZATION, EntityType.PLACE})


class Expression(Protocol):
    """A compiled RE2 expression."""

    def finditer(self, text: str) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPattern:
    """A form of number that only this team has, an order number for example."""

    label: str  #: of the placeholder, capital letters
    expression: Expression
    treatment: Treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingPolicy:
    treatments: Mapping[EntityType, Treatment]
    patterns: tuple[OwnPattern, ...] = ()

    def treatment(self, entity: Entity) -> Treatment:
        if isinstance(entity, OwnEntity):
            return entity.pattern.treatment
        return Treatment.KEEP if self.leaves_unsure(entity) else self._set_for(entity.type)

    def leaves_unsure(self, entity: Entity) -> bool:
        """Whether the team wants it treated, and it is kept because the tagger is less sure than one half."""
        if isinstance(entity, OwnEntity) or entity.type not in _BY_SENSE or entity.probability >= NAMES_AT_LEAST:
            return False
        return self._set_for(entity.type) is not Treatment.KEEP

    def _set_for(self, kind: EntityType) -> Treatment:
        return self.treatments.get(kind, DEFAULT_TREATMENTS[kind])

    def label(self, entity: Entity) -> str:
        return entity.pattern.label if isinstance(entity, OwnEntity) else entity.type.value.upper()

    def kind_in_words(self, entity: Entity) -> str:
        return entity.pattern.label if isinstance(entity, OwnEntity) else str(entity.type.label)

    def own_entities(self, text: str) -> list[Entity]:
        found: list[Entity] = []
        for pattern in self.patterns:
            for start, end in (one.span() for one in pattern.expression.finditer(text)):
                if end > start:
                    found.append(
                        OwnEntity(
                            type=EntityType.ORDER,
                            start=start,
                            end=end,
                            text=text[start:end],
                            probability=1.0,
                            pattern=pattern,
                        )
                    )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntity(Entity):
    """Found by one of the team's own patterns."""

    pattern: OwnPattern


DEFAULT_POLICY: Final = MaskingPolicy(treatments=DEFAULT_TREATMENTS)
