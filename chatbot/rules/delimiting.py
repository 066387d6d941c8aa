"""Pure: what customers, articles and tools say stands between delimiters in a prompt, and cannot forge one.

Only what could pass for a delimiter of ours, or for a mark of a model's own chat format, is changed: the opening `<`
becomes `‹`. All other text, HTML and comparisons included, reaches the model as it was written.
"""

import re
from typing import Final

#: Every element that a prompt of ours is made of.
ELEMENTS: Final = (
    "passage", "question", "example", "customer", "support", "last", "result", "original", "conversation",
)  # fmt: skip
#: Marks of chat formats that a server may read as such wherever they stand.
_FORMATS: Final = (
    "s", "think", "thinking", "system", "user", "assistant", "tool", "sys", "start_of_turn", "end_of_turn", "bos",
    "eos", "pad", "unk", "tool_call", "tool_response",
)  # fmt: skip
#: Signs that are not seen, and look-alikes of the angle and slash.
_UNSEEN: Final = r"[\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]*"
_OPENS: Final = "[<＜﹤]"
_CLOSES: Final = "[>＞﹥]"


def _spelled(name: str) -> str:
    """`name` in any case, with unseen signs between its letters, and in full width."""
    return _UNSEEN.join(f"[{re.escape(sign)}{_wide(sign)}]" for sign in name)


def _wide(sign: str) -> str:
    return chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else ""


_NAMES: Final = "|".join(_spelled(name) for name in sorted({*ELEMENTS, *_FORMATS}, key=len, reverse=True))
_FORGED: Final = re.compile(
    rf"{_OPENS}(?={_UNSEEN}[/／∕⁄]?{_UNSEEN}(?:{_NAMES}){_UNSEEN}(?:s{_UNSEEN})?(?:[^\w-]|\Z))"
    rf"|{_OPENS}(?={_UNSEEN}[|｜])|{_OPENS}(?={_UNSEEN}{_OPENS})",
    re.IGNORECASE,
)
_FORGED_END: Final = re.compile(rf"(?<=[|｜]){_CLOSES}")
_BRACKETS: Final = re.compile(r"\[(?=\s*/?\s*(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*\])")
_ANGLES: Final = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›", '"': "'", "\n": " ", "\r": " "})


def neutral(text: str) -> str:
    """`text` as the content of an element: it can neither end its element, nor open another, nor change the speaker."""
    if "[" in text:
        text = _BRACKETS.sub("⟦", text)
    if not any(sign in text for sign in "<＜﹤>＞﹥"):
        return text
    return _FORGED_END.sub("›", _FORGED.sub("‹", text))


def neutral_attribute(text: str) -> str:
    """`text` as an attribute's value, between double quotes."""
    return neutral(text).translate(_ANGLES)
