"""Is a text written for colleagues rather than for customers? Knowledge bases mix both, and not all of it is marked.

"Warn the customer", "say: …", "log it with the … tool": quoting this to the customer would embarrass or endanger. A
text taken for a colleague's by mistake only costs a look by a person.
"""

import re
from functools import lru_cache

#: The same passages are found again and again, and judging one takes a tenth of a millisecond.
_JUDGED_TEXTS = 2_000

_SOMEBODY = r"(?:(?:the|a|this|your)\s+)?(?:customer|caller|cardholder|account\s?holder|client|end\s+user)s?\b"
_DIRECTIVE = re.compile(
    rf"""\b(?:
        (?:tell|inform|ask|advise|warn|remind|notify|offer|help|guide|instruct|transfer|escalate|verify
           |apologi[sz]e\s+to|explain\s+to|confirm\s+with
           |inform|educate|walk|direct|assist|let|thank|reassure)\s+(?:that\s+)?{_SOMEBODY}
      | (?:if|when|once|unless|whether|until)\s+{_SOMEBODY}
      | {_SOMEBODY}(?:['’]s)?\s+(?:must|should|is\s+verified|has\s+been\s+verified|presses|insists|asks|requests|wants
           |provides|confirms|identity)
      | say\s*:\s*["'“‘]
      | (?:do\s+not|never|don['’]t)\W{{1,3}}(?:tell|disclose|reveal|attempt|share\s+with)\b
      | (?:use|using|with|run|call)\s+(?:the\s+)?`?[a-z]+(?:_[a-z0-9]+)+`?\s+(?:tool|to\b)
      | tool\s*:\s*`?[a-z]+(?:_[a-z0-9]+)+
      | transfer_to_\w+
      | (?:internal|staff|agents?|representatives?)\s+(?:use\s+)?only
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_THIRD_PERSON = re.compile(r"\bthe\s+(?:customer|caller|cardholder)\b", re.IGNORECASE)
_ADDRESSED = re.compile(r"\byou(?:r|rs|rself)?\b", re.IGNORECASE)
_CHINESE = re.compile(
    r"(?:告知|询问|提醒|安抚|引导|核实|请|让|向|为)(?:该|此)?(?:客户|顾客|来电者)(?!服务|端)|客服(?:人员)?(?:应|须|需|必须)|仅限内部|内部(?:使用|流程|资料)|切勿(?:告知|透露)"
)
_MARKED_TITLE = re.compile(r"^\s*internal\s*:|\(\s*internal\b[^)]*\)|（\s*内部[^）]*）|^\s*内部\s*[:：]", re.IGNORECASE)


@lru_cache(maxsize=_JUDGED_TEXTS)
def is_for_staff(text: str, *, title: str = "") -> bool:
    """True if `text` speaks of the customer instead of to the customer, or its title says that it is internal."""
    if _MARKED_TITLE.search(title) or _DIRECTIVE.search(text) or _CHINESE.search(text):
        return True
    return bool(_THIRD_PERSON.search(text)) and not _ADDRESSED.search(text)
