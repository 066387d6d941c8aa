"""Names of languages from their codes, for prompts and for people; a code that nobody knows stays a code."""

from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _


def english_name(code: str) -> str:
    """Such as "German", for a model."""
    return _known(code, "name") or f"the language with the code {code}"


def name_for_reader(code: str) -> str:
    """Such as "German" or “德语”, in the language of whoever reads the page."""
    return _known(code, "name_translated") or code


def is_same(one: str, other: str) -> bool:
    """Whether a reader of one reads the other: regions and ways of writing do not count."""
    return one.split("-")[0].lower() == other.split("-")[0].lower()


def readers_language() -> str:
    """Of the page that is being made."""
    return get_language() or "en"


def _known(code: str, key: str) -> str:
    try:
        return str(_(get_language_info(code)[key])) if key == "name_translated" else str(get_language_info(code)[key])
    except KeyError:
        return ""
