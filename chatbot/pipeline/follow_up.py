"""Pure: tells a follow-up ("and in Germany?") from a question that stands alone, and borrows the words that it lacks.

A follow-up is short, and opens with a connective, points at something with a pronoun, or is a bare phrase. Whoever
introduces a thing with words of its own ("my air fryer smokes, is that dangerous?") asks a question that stands alone.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from chatbot.rules.small_talk import small_talk
from sessions_app.context import ContextMessage
from sessions_app.models import Author


class Dependence(StrEnum):
    """Whether a question can be searched for without what was asked before."""

    NONE = "none"
    POSSIBLE = "possible"  #: so few words of its own that the search has to tell
    CERTAIN = "certain"


#: Characters of the earlier question that are borrowed at most: its beginning says what it is about.
BORROWED_CHARACTERS: Final = 300
#: A follow-up has at most so many words that carry meaning ...
_CONTENT_WORDS: Final = 3
#: ... and a longer text than this is read as a question that stands alone.
_FOLLOW_UP_CHARACTERS: Final = 120

_WORD: Final = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
#: Words of a question that name no subject: grammar, question words, and verbs that fit every subject.
_LIGHT: Final = frozenset(
    """
    a about all also am an and another any anyone are as at be because been being but by can can't cannot come comes
    could cost costs did do does doesn't don't for from get gets give go goes got had happen happens has have having
    how i i'd i'm i've if in into is isn't it it's its just last let like long many may me mean means might more
    much must my need needs next no not of off often ok okay on once one ones only or other our out over please
    possible same shall should so some still such take takes tell than that that's the their them then there these
    they this those three time times to too two under until up us use want was we well were what what's when where
    which while who why will with without won't work works would yes you your
    """.split()  # noqa: SIM905  # a page of quoted words is harder to read
)
_CONNECTIVE: Final = re.compile(
    r"^(?:ok(?:ay)?[\s,.]+|thanks[\s,.!]+|yes[\s,.]+|no[\s,.]+|hm+[\s,.]+)?"
    r"(?:and|but|or|also|plus|then|what about|how about|what if|same)\b",
    re.IGNORECASE,
)
_FRAGMENT: Final = re.compile(
    r"^(?:in|to|for|with|without|by|from|on|at|via|as|within|after|before|under|over)\b", re.IGNORECASE
)
#: Pronouns that point back. "This card" names its thing, "is it possible" and "it takes" point at nothing.
_PRONOUN: Final = re.compile(
    r"""\b(?:
        (?:it|it's)(?!\s+(?:(?:ever|still|really|always)\s+)?
            (?:possible|acceptable|ok|okay|time|safe|allowed|necessary|normal|true|legal|better
            |takes?\s+(?:for|to)|costs?\s+(?:for|to|anything))\b)
        | its | them | they | they're | that's | the\s+same | the\s+other | ones?(?!\s+\w)
        | (?:this|that|these|those)(?!\s+
            (?!ones?|be|is|are|too|then|now|also|later|work|mean|cost|take|happen|possible|free|for|in|with)\w)
    )\b(?!-)""",
    re.IGNORECASE | re.VERBOSE,
)
_DEFINITE: Final = re.compile(r"\bthe\s+\w", re.IGNORECASE)

_ZH_CONNECTIVE: Final = re.compile(
    r"^(?:好的?[，,。\s]*|嗯[，,。\s]*|谢谢[，,。\s]*)?(?:那么?|还有|另外|以及|或者|如果|要是|换成|同样)"
)
_ZH_PRONOUN: Final = re.compile(r"它们?|这个|那个|这些|那些|这种|那种|这样|那样|这款|那款|前者|后者|其中")
_ZH_ENDS_ELLIPTIC: Final = re.compile(r"呢[？?。!！\s]*$")
_ZH_LIGHT: Final = re.compile(
    r"多长时间|什么时候|多少钱|怎么办|怎么样|为什么|多久|多长|多少|时候|时间|怎么|怎样|如何|什么|哪里|哪个|哪些|可以|可不可以"
    r"|能不能|要不要|是不是|有没有|需要|必须|应该|一次|几次|几天|几个|最晚|最早|最多|最少|最长|一般|大概|收费|免费|费用"
    r"|[的了吗呢吧啊呀我你您他她们是在有和与就都也还要会能请问那这它个么用付给到天次钱月年得着过几多想把被让对再又不没]"
)
#: A Chinese follow-up has at most so many signs that carry meaning.
_ZH_CONTENT_SIGNS: Final = 6
_PLACE: Final = re.compile(r"\s+(?:in|to|for|from|at)\s+(?:the\s+)?[A-Z][\w-]+(?:\s+[A-Z][\w-]+)*(?=[\s?.!,]|$)")


def dependence_of(question: str) -> Dependence:
    """How much `question`, by its words alone, leans on what was asked before."""
    text = " ".join(question.split())
    if not text or len(text) > _FOLLOW_UP_CHARACTERS:
        return Dependence.NONE
    return _of_chinese(text) if _HAN.search(text) else _of_words(text)


def topic_of(history: Sequence[ContextMessage]) -> str:
    """What the customer asked about last: the newest question that stands alone, and follow-ups since; may be ""."""
    topic: list[str] = []
    for utterance in _utterances(history):
        if dependence_of(utterance) is Dependence.CERTAIN:
            topic = [*topic[:1], utterance]
        elif small_talk(utterance) is None:
            topic = [utterance]
    return "\n".join(piece[:BORROWED_CHARACTERS] for piece in topic)


def joined(question: str, topic: str) -> str:
    """`question` with the words it lacks. A place that the new words replace is not borrowed."""
    if re.search(r"(?<=\s)[A-Z][a-z]", question) and len(_content(question)) == 1:
        topic = _PLACE.sub("", topic)
    return f"{topic}\n{question}" if topic else question


def _utterances(history: Sequence[ContextMessage]) -> list[str]:
    """What the customer wrote, each time in one go."""
    found: list[str] = []
    previous = ""
    for row in history:
        if row.author == Author.CUSTOMER and row.text.strip():
            if previous == Author.CUSTOMER:
                found[-1] += f"\n{row.text}"
            else:
                found.append(row.text)
        if row.text.strip():
            previous = row.author
    return found


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold().replace("’", "'")) if word not in _LIGHT]


def _of_words(text: str) -> Dependence:
    content = _content(text)
    if not content:
        return Dependence.CERTAIN if _WORD.search(text) else Dependence.NONE
    if len(content) > _CONTENT_WORDS:
        return Dependence.NONE
    if _CONNECTIVE.match(text) or (_FRAGMENT.match(text) and len(content) < _CONTENT_WORDS):
        return Dependence.CERTAIN
    pronoun = _PRONOUN.search(text)
    if pronoun and len(_content(text[: pronoun.start()])) <= 1:
        return Dependence.CERTAIN
    if len(content) == 1 or (len(content) == 2 and _DEFINITE.search(text)):
        return Dependence.POSSIBLE
    return Dependence.NONE


def _of_chinese(text: str) -> Dependence:
    rest = re.sub(r"\W", "", _ZH_LIGHT.sub("", _ZH_PRONOUN.sub("", text)))
    signs = len(_HAN.findall(rest)) + 2 * len(re.findall(r"[A-Za-z0-9]+", rest))
    if signs <= 1:
        return Dependence.CERTAIN
    if signs > _ZH_CONTENT_SIGNS:
        return Dependence.NONE
    pronoun = _ZH_PRONOUN.search(text)
    if _ZH_CONNECTIVE.match(text) or (_ZH_ENDS_ELLIPTIC.search(text) and len(text) <= 12):
        return Dependence.CERTAIN
    if pronoun and len(_HAN.findall(_ZH_LIGHT.sub("", text[: pronoun.start()]))) <= 1:
        return Dependence.CERTAIN
    return Dependence.POSSIBLE if signs <= 4 else Dependence.NONE
