"""Hidden reasoning never reaches a customer, a log or the database.

Servers with a harmony parser put it into fields of its own, which we never read. A server without one leaves the
markers, or their remains, in the content: only what follows the last `final` channel is the answer.
"""

import re

_MARKER = re.compile(r"<\|(?:channel|message|start|end|return|call|constrain)\|>")
_FINAL = re.compile(r"<\|channel\|>\s*final\s*(?:<\|constrain\|>[^<]*)?<\|message\|>", re.IGNORECASE)
#: What is left of the markers where the server dropped special tokens.
_REMAINS = re.compile(r"^\s*analysis.*?assistant\s*final", re.IGNORECASE | re.DOTALL)
#: Other models think between these; templates often write the opening one into the prompt, so it may be missing.
_THOUGHT_ENDS = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_THOUGHT_BEGINS = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_BEGINS_LIKE_REMAINS = re.compile(r"^\s*(?:analysis|commentary)(?:[A-Z\s:]|$)")


def visible(content: str) -> str:
    """The part of `content` that is meant for the reader; "" if all of it is reasoning."""
    content = _THOUGHT_ENDS.split(content)[-1]
    if _THOUGHT_BEGINS.search(content):
        return ""
    if _MARKER.search(content):
        finals = list(_FINAL.finditer(content))
        if not finals:
            return ""
        content = content[finals[-1].end() :]
        return _MARKER.split(content)[0].strip()
    if _REMAINS.match(content):
        return re.split(r"assistant\s*final", content, flags=re.IGNORECASE)[-1].strip()
    if _BEGINS_LIKE_REMAINS.match(content):
        return ""
    return content.strip()
