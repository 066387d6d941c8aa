"""Pure: a prompt is text with placeholders such as `{question}`. Nothing in it is evaluated.

A placeholder is put in once, as it is: what stands in its place is never looked at again, so `{system}` in a customer's
name, or in an article, stays what was written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

#: Whatever looks like a placeholder must be one: a slip of the pen is refused instead of being told to the model.
_LOOKS_LIKE_ONE: Final = re.compile(r"\{\s*([A-Za-z_][\w .-]{0,59}?)\s*\}")
_EXACT: Final = re.compile(r"\{([a-z_]{1,40})\}")

INSTRUCTIONS_CHARACTERS: Final = 8_000
MESSAGE_CHARACTERS: Final = 4_000


class PromptName(StrEnum):
    ANSWER = "answer"
    REWRITE = "rewrite"
    TRANSLATE = "translate"
    SATISFACTION = "satisfaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    name: str
    means: str | Promise  #: for whoever writes the prompt
    is_required: bool = True

    def __str__(self) -> str:
        return f"{{{self.name}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptText:
    """One version of a prompt, or one that is being tried."""

    name: PromptName
    number: int  #: its version; 0: not stored
    instructions: str  #: what the model is told as its system message
    message: str  #: what it is given as the last message


def rendered(template: str, values: Mapping[str, str]) -> str:
    """`template` with `values` in place of its placeholders. A line of nothing but empty placeholders is left out."""
    lines = []
    for line in template.split("\n"):
        names = [found.group(1) for found in _EXACT.finditer(line) if found.group(1) in values]
        if names and not any(values[name] for name in names) and not _EXACT.sub("", line).strip():
            continue
        lines.append(_EXACT.sub(lambda found: values.get(found.group(1), found.group()), line))
    return "\n".join(lines)


def template_problem(template: str, placeholders: Sequence[Placeholder], *, characters: int) -> str:
    """Why `template` cannot be used, in words for whoever wrote it; "" if it can."""
    if not template.strip():
        return _("Write something: without words the model does not know what to do.")
    if len(template) > characters:
        return _("The text has %(count)d characters; %(limit)d fit.") % {"count": len(template), "limit": characters}
    if any((ord(sign) < 32 and sign not in "\n\r\t") or 0xD800 <= ord(sign) < 0xE000 for sign in template):
        return _("The text holds a control character; take it out.")
    known = {one.name for one in placeholders}
    there = ", ".join(map(str, placeholders)) or "–"
    for found in _LOOKS_LIKE_ONE.finditer(template):
        if found.group() != f"{{{found.group(1)}}}" or found.group(1) not in known:
            return _("%(written)s is no placeholder of this text. There are: %(known)s.") % {
                "written": found.group(),
                "known": there,
            }
    written = [found.group(1) for found in _EXACT.finditer(template)]
    for one in placeholders:
        if one.is_required and one.name not in written:
            return _("%(name)s is missing: %(means)s") % {"name": one, "means": one.means}
        if written.count(one.name) > 1:
            return _("%(name)s stands here more than once; once is enough.") % {"name": one}
    return ""
