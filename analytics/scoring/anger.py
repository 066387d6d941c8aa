"""Words of anger, English and Chinese, as one expression that PostgreSQL and Python read alike.

It is a signal among others and not a verdict: "this is not ridiculous" counts as anger, too.
"""

import re
from typing import Final

_ENGLISH: Final = (
    "ridiculous", "unacceptable", "disgusting", "disgrace", "useless", "worthless", "pathetic", "furious", "outraged",
    "fed up", "sick of", "worst", "terrible", "horrible", "awful", "scam", "rip-?off", "stupid", "idiots?", "garbage",
    "wtf", "waste of (?:my )?time", "not good enough", "never again", "how many times", "still not (?:working|fixed)",
    "for the (?:third|fourth|fifth|last) time", "stop (?:wasting|lying)",
)  # fmt: skip
_CHINESE: Final = (
    "垃圾", "骗子", "骗人", "气死", "太差", "差劲", "恶心", "无语", "受够", "忍无可忍", "什么破", "太过分",
    "莫名其妙", "投诉你", "浪费时间", "不负责任", "说了多少", "问了几遍", "到底有没有人", "再也不",
)  # fmt: skip
#: Three or more marks in a row.
_MARKS: Final = "[!！]{3}"

#: Not a letter before and behind: PostgreSQL knows `\\m` and `\\M`, Python does not, both know this.
EXPRESSION: Final = f"(^|[^a-z])({'|'.join(_ENGLISH)})($|[^a-z])|{'|'.join(_CHINESE)}|{_MARKS}"
_SEARCH: Final = re.compile(EXPRESSION, re.IGNORECASE)


def is_angry(text: str) -> bool:
    return _SEARCH.search(text) is not None
