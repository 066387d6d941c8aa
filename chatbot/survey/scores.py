"""Pure: a score from 0 to 10 in a customer's words, and what they say besides.

Only a message that begins with a score is one: "9", "10/10", "nine", "９", "九分", "I'd say 8", "9 - great help". What
could be anything else ("9 items are missing", "9分钟", "9-10", "9.5", "十分感谢") is none: a question that is taken for
a score gets no answer, which is worse than a score that is lost.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from chatbot.rules.person_wanted import wants_person

#: Whoever writes more has written a message.
MOST_CHARACTERS: Final = 2_000

_WORDS: Final = {
    **{
        word: number
        for number, word in enumerate(
            ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
        )
    },
    **{word: number for number, word in enumerate("零一二三四五六七八九十")},
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_NUMBER: Final = rf"(?:10|[0-9]|{'|'.join(_WORDS)})"
_TEN: Final = r"(?:10|ten|十)"
_BEFORE: Final = (
    r"(?:(?:so|well|ok(?:ay)?|hmm+|um+|definitely|probably|about|maybe|likely|a\s+solid|solid)[\s,.]*)*"
    r"(?:(?:(?:my|the|your)\s+)?(?:score|rating|answer|nps)\s*(?:is|would\s+be|[:=])?"
    r"|i(?:['’]d|\s+would|['’]ll|\s+will)?\s*(?:say|give|rate|go\s+with|go\s+for|choose)"
    r"(?:\s+(?:you|it|this|that|them))*(?:\s+(?:at|with))?"
    r"|it(?:['’]s|\s+is)|(?:我)?(?:给|給|打|评|評|选|選)(?:你们|你們|你|您|了|个|個)*|(?:我的)?(?:评分|評分|分数|分數|打分)(?:是|为|為)?[::]?)?"
    r"\s*(?:(?:a|an|definitely|probably|about|maybe)\s+)*"
)
#: "9分" is nine points; "9分钟" is nine minutes.
_POINTS: Final = r"分(?![钟鐘之半别別歧手享])"
_OF_TEN: Final = (
    rf"(?:\s*/\s*{_TEN}|\s+(?:out\s+)?of\s+{_TEN}|\s*(?:points?|pts)(?![a-z])|\s*{_POINTS}(?:\s*/\s*10\s*分?)?)"
)
#: Words with which a reason may follow at once.
_REASONS: Final = r"(?:because|cause|cos|since|as|but|thanks?|thx|great|good|excellent|awesome|perfect|very|really)\b"
_SCORE: Final = re.compile(
    rf"""[\s"'“”‘’「」*_(\[]*{_BEFORE}
        (?P<number>{_NUMBER})(?P<of_ten>{_OF_TEN})?(?![\w/%])
        (?P<rest>$
          | \s?[.,;!。、；！~…)\]"'“”‘’」*_]+(?!\d).*
          | \s?[:：]\s?(?!\d).*
          | (?:\s?[-–—]+\s?|\n)(?!\d).*
          | \s+{_REASONS}.*
          | \s(?=很|非常|太|挺|不错|不錯).*
          | \s?[^\w\s/%+#&@.,:;<>=$€£¥-].*
          | (?(of_ten)\s.*|(?!))
        )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
#: Chinese writes without blanks: "9分很好", "九分，很好"; but "十分" before words is "very".
_CHINESE: Final = re.compile(
    rf"\s*{_BEFORE}(?P<number>10|[0-9]|[零〇一二两兩三四五六七八九])\s*{_POINTS}(?P<rest>\s*[一-鿿].*)",
    re.IGNORECASE | re.DOTALL,
)
_VERY: Final = re.compile(r"\s*十分\s*[一-鿿]")
_EDGES: Final = " \t\r\n.,;:!-–—。，、；：！~…)(]['\"“”‘’「」*_"
_ASKS: Final = re.compile(
    r"[?？]|\b(?:please|pls|(?:i|we)\s+(?:still\s+)?(?:need|want)|can\s+you|could\s+you|how\s+(?:do|can|to))\b"
    r"|请|請|麻烦|麻煩|帮我|幫我|我要|我想|需要|怎么|怎麼|如何|吗|嗎",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    value: int  #: 0..10
    comment: str  #: in the customer's words, blanks made one; "" if there is none

    @property
    def asks_more(self) -> bool:
        """The comment wants an answer, so that somebody must read it as a message, too."""
        return bool(_ASKS.search(self.comment)) or wants_person(self.comment)


def score_in(text: str) -> Score | None:
    """The score that `text` begins with; None if it is a message like any other."""
    if len(text) > MOST_CHARACTERS:
        return None
    # Keycaps are a digit with two marks behind it; NFKC makes full-width and circled digits plain ones.
    plain = unicodedata.normalize("NFKC", text.replace("\U0001f51f", "10").replace("️", "").replace("⃣", ""))
    # One blank for many: the expressions' work stays small whatever is written.
    plain = re.sub(r"\s*\n\s*", "\n", re.sub(r"[^\S\n]+", " ", plain)).strip()
    found = None if _VERY.match(plain) else _SCORE.fullmatch(plain) or _CHINESE.fullmatch(plain)
    if found is None:
        return None
    written = found["number"].lower()
    value = _WORDS[written] if written in _WORDS else int(written)
    rest = found["rest"].strip()
    comment = rest.strip(_EDGES)
    # What is left of a smile is no comment, and a lone emoji is one.
    return Score(value=value, comment=comment and rest.lstrip(_EDGES).rstrip())
