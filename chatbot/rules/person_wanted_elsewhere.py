"""How customers ask for a person in German, French and Spanish, and how they say that they want none."""

import re
from typing import Final

_GERMAN_PERSON = (
    r"(?:(?:echte|reale|richtige|menschliche|lebendige|zuständige)[nmrs]?\s+)*"
    r"(?:mensch(?:en)?|person|mitarbeiter(?:in|n|s)?|(?:kunden)?berater(?:in)?|ansprechpartner(?:in)?|kundenbetreuer(?:in)?"
    r"|kunden(?:service|dienst|support)|support(?:mitarbeiter(?:in)?)?|jemande[mn]|vorgesetzten?)(?![-\w])"
)
_GERMAN = re.compile(
    rf"""\b(?:
        mit\s+(?:(?:eine[mr]|ihre[mr]|eure[mr]|de[mr]|'?ne[mr])\s+)?{_GERMAN_PERSON}(?:\s+\w+){{0,3}}?
            \s+(?:sprechen|reden|chatten|schreiben|telefonieren|verbinden|verbunden)\b
      | (?:verbinde|verbinden|leite|leiten|gib|geben|stell|stellen|hol|holen)\s+(?:sie\s+)?(?:mich|mir)
            (?:\s+(?:bitte|doch|mal|endlich))*\s+(?:(?:mit|an|zu)\s+)?(?:(?:eine[mnr]?|ihre[mnr]?|de[mnr])\s+)?{_GERMAN_PERSON}
      | (?:will|möchte|moechte|brauche|verlange|wünsche|hätte\s+gern|würde\s+gern)
            (?:\s+(?:bitte|jetzt|gerne?|sofort|endlich))*\s+(?:eine?n?|'?nen)\s+{_GERMAN_PERSON}(?!\s+(?:hinzu|einlad|anleg|entfern|lösch|zuweis|freischalt)\w*)
      | (?:echte|reale|richtige)[nmr]?\s+(?:mensch(?:en)?|person|mitarbeiter(?:in)?)(?![-\w])
      | (?:mensch(?:en)?|mitarbeiter(?:in)?|berater(?:in)?)\s*,?\s*bitte
      | (?:keine?n?|nicht\s+mit\s+(?:eine[mr]|de[mr]))\s+(?:chat)?(?:bots?|roboter|maschinen?)\b
    )|^\W*(?:mensch|mitarbeiter|kundenservice|kundendienst|ansprechpartner)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_GERMAN_REFUSED = re.compile(
    r"(?<!kann\sich\s)(?<!darf\sich\s)(?<!kann\sman\s)\b(?:nicht|ohne|statt|anstatt|keine?n?)(?:\s+\w+){0,2}\s*$",
    re.IGNORECASE,
)

_FRENCH_PERSON = (
    r"(?:(?:vraie?|véritable|autre)\s+)*"
    r"(?:humaine?|être\s+humain|personne(?:\s+réelle)?|conseill(?:er|ère)|agente?|quelqu['’]un|responsable|opérat(?:eur|rice)"
    r"|service\s+client(?:s|èle)?|employée?)\b"
)
_FRENCH = re.compile(
    rf"""\b(?:
        (?:parler|discuter|échanger|communiquer)\s+(?:directement\s+)?(?:à|a|avec|au)
            \s+(?:(?:une?|votre|le|la|l['’])\s*)?{_FRENCH_PERSON}
      | (?:passez|passe|transférez|transfère|mettez|connectez)[-\s]moi
            (?:\s+(?:à|au|avec|en|relation|contact|directement)){{0,4}}
            \s+(?:(?:une?|votre|le|la)\s+)?{_FRENCH_PERSON}
      | (?:veux|voudrais|souhaite|préfère|besoin\s+d['’])\s*une?\s+(?:(?:vraie?|véritable)\s+)*
            (?:humain|conseill(?:er|ère)|agent|personne)\b
      | (?:pas|plus)\s+(?:de|à\s+un|avec\s+un|avec\s+le)\s+(?:chat)?(?:ro)?bots?\b
    )|^\W*(?:humain|conseiller|un\s+humain)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_FRENCH_REFUSED = re.compile(
    r"(?<!peux\s)(?<!peut\s)\b(?:pas|sans|plutôt\s+que|inutile)(?:\s+(?!pour)\w+){0,2}\s*$", re.IGNORECASE
)

_SPANISH_PERSON = (
    r"(?:(?:verdader[oa]|otr[oa])\s+)*"
    r"(?:personas?(?:\s+real)?|(?:ser\s+)?humano|agente|alguien|asesora?|representante|operadora?|encargad[oa]|supervisora?"
    r"|atención\s+al\s+cliente|servicio\s+al\s+cliente)\b"
)
_SPANISH = re.compile(
    rf"""\b(?:
        (?:hablar|chatear|comunicarme|conversar|ponerme\s+en\s+contacto)\s+(?:directamente\s+)?con\s+
            (?:(?:una?|el|la|su|alg[uú]na?)\s+)?{_SPANISH_PERSON}
      | (?:p[aá]s[ae]me|transfi[eé]r[ae]me|con[eé]ct[ae]me|comun[ií](?:que|ca)me|p[oó]n(?:ga)?me)
            (?:\s+(?:con|a|por|favor|directamente)){{0,4}}\s+(?:(?:una?|el|la|su|alg[uú]na?)\s+)?{_SPANISH_PERSON}
      | (?:quiero|necesito|prefiero|quisiera)\s+una?\s+(?:agente|humano|persona|asesora?|representante|operadora?)\b
      | persona\s+real
      | no\s+(?:quiero|deseo)\s+(?:hablar\s+con\s+)?(?:una?|el|este|ning[uú]n)\s+(?:ro)?bot\b
    )|^\W*(?:humano|agente|persona|asesor)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_SPANISH_REFUSED = re.compile(r"(?<!qué\s)(?<!que\s)\b(?:no|sin|en\s+vez\s+de)(?:\s+\w+){0,2}\s*$", re.IGNORECASE)

#: For each language what asks for a person, and what stands before it where nobody is asked for.
ELSEWHERE: Final = (
    (_GERMAN, _GERMAN_REFUSED),
    (_FRENCH, _FRENCH_REFUSED),
    (_SPANISH, _SPANISH_REFUSED),
)
