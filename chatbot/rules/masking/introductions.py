"""Names where people say them themselves: behind "my name is" and under their greetings, in languages that the tagger
does not read. It knows English and Chinese; in others it takes every capital for a person."""

import re
from typing import Final

from chatbot.rules.masking.entities import Entity, EntityType

_NAME: Final = r"(?P<name>(?:[A-ZÄÖÜ]\.[ \t]?)?[^\W\d_a-zß-ÿ][\w'’-]{1,30}(?:[ \t]+[^\W\d_a-zß-ÿ][\w'’-]{1,30}){0,2})"
_SAYS: Final = "|".join(
    (
        r"ich hei(?:ß|ss)e", r"mein name ist", r"ich bin (?:frau|herr)", r"(?:frau|herrn?)",
        r"je m['’]appelle", r"mon nom est", r"(?:madame|monsieur)", r"me llamo", r"mi nombre es", r"(?:señora?|sra?\.)",
        r"mi chiamo", r"il mio nome è", r"(?:signora?)", r"(?:eu )?me chamo", r"meu nome é", r"(?:senhora?)",
        r"(?:ik heet|mijn naam is)", r"(?:mevrouw|meneer)", r"nazywam się", r"jag heter", r"mitt namn är",
        r"benim adım", r"меня зовут", r"мене звати",
    )
)  # fmt: skip
_GREETINGS: Final = "|".join(
    (
        r"(?:mit )?(?:freundlichen|besten|lieben|vielen) (?:grüßen|grüssen|dank)",
        r"(?:viele|liebe|beste|schöne) grü(?:ß|ss)e",
        r"cordialement", r"bien à vous", r"saludos(?: cordiales)?", r"atentamente", r"un saludo", r"cordiali saluti",
        r"distinti saluti", r"atenciosamente", r"cumprimentos", r"met vriendelijke groeten?", r"pozdrawiam",
        r"med vänliga hälsningar", r"saygılarımla", r"с уважением", r"з повагою",
    )
)  # fmt: skip
_INTRODUCED: Final = re.compile(rf"(?<!\w)(?i:{_SAYS})[ \t]+{_NAME}")
_SIGNED: Final = re.compile(rf"(?<!\w)(?i:{_GREETINGS})[ \t]*[,.!]?\s+{_NAME}")


def introduced_names(text: str) -> list[Entity]:
    """In order; never more of the text than the name itself."""
    found = [*_INTRODUCED.finditer(text), *_SIGNED.finditer(text)]
    return [
        Entity(
            type=EntityType.PERSON,
            start=match.start("name"),
            end=match.end("name"),
            text=match.group("name"),
            probability=0.9,
        )
        for match in sorted(found, key=lambda match: match.start("name"))
    ]
