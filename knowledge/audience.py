"""For whom an article is: the customer's side of it, and the one condition that every search applies inside its SQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The customer who asks. Without a tier, only articles for everybody are seen."""

    tier: str | None = None  #: customer tier, spelled as on the article; None = not known
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


#: Condition on rows of `{row}` (an alias of a table with both audience columns) that the customer may see. An article
#: is for a customer if it names no tier or the customer's, and if each of its attributes equals the customer's.
#: Both are compared with the empty value first, because PostgreSQL knows how common that is and plans well with it.
#: With no tier the comparison is NULL, which SQL takes for false: unknown customers see less, never more.
AUDIENCE_CONDITION: Final = (
    "({row}.audience_tiers = '{{}}' OR %(tier)s = ANY ({row}.audience_tiers))"
    " AND ({row}.audience_attributes = '{{}}' OR {row}.audience_attributes <@ %(attributes)s::jsonb)"
)


def is_for(audience: Audience, *, tiers: Sequence[str], attributes: Mapping[str, str]) -> bool:
    """The same condition in Python, for what is not in the database."""
    known = {str(name): str(value) for name, value in audience.attributes.items()}
    is_tier = not tiers or (audience.tier is not None and audience.tier in tiers)
    return is_tier and all(known.get(name) == value for name, value in attributes.items())


def audience_parameters(audience: Audience) -> dict[str, str | None]:
    """Parameters of `AUDIENCE_CONDITION`. What PostgreSQL cannot store no article can ask for, so it is left out."""
    attributes = {str(name): str(value) for name, value in audience.attributes.items() if _storable(name, value)}
    tier = audience.tier if audience.tier is None or _storable(audience.tier) else None
    return {"tier": tier, "attributes": json.dumps(attributes)}


def _storable(*texts: str) -> bool:
    return not any("\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text) for text in map(str, texts))
