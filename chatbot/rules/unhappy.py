"""Signs that a customer is angry or goes in circles, in English and Chinese: each has a weight, and none decides alone.

Pure. Words are looked for in the folded text (case, width and traditional Chinese signs make no difference); capitals
and exclamation marks in the text as it was written. What a word of anger means where "not" stands before it is left
alone: "I am not angry" is no sign.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chatbot.rules.folding import fold


class Sign(StrEnum):
    INSULT = "insult"
    COMPLAINT = "complaint"
    CAPITALS = "capitals"
    EXCLAMATION = "exclamation"
    ASKED_BEFORE = "asked_before"
    PERSON_BEFORE = "person_before"


SIGNS_IN_WORDS: Final[Mapping[str, Promise]] = {
    Sign.INSULT.value: _("harsh words"),
    Sign.COMPLAINT.value: _("words of disappointment"),
    Sign.CAPITALS.value: _("written in capitals"),
    Sign.EXCLAMATION.value: _("exclamation marks in a row"),
    Sign.ASKED_BEFORE.value: _("the same question was asked and answered before"),
    Sign.PERSON_BEFORE.value: _("asked for a person before"),
}

#: How much one sign says. No sign reaches the bound that ships, 0.7, alone, save a question that comes a third time.
INSULT: Final = 0.6
COMPLAINT: Final = 0.35
CAPITALS: Final = 0.35
EXCLAMATION: Final = 0.2
MORE_EXCLAMATION: Final = 0.3
PERSON_BEFORE: Final = 0.4
ASKED_ONCE_BEFORE: Final = 0.4
ASKED_OFTEN_BEFORE: Final = 0.75

#: From this score on one message counts as angry in measuring: one harsh word, or two lesser signs together.
ANGRY_FROM: Final = 0.5

#: Words of one kind that count at most, so that the work and the trace stay small.
WORDS_COUNTED: Final = 4
#: Characters of a message that are read for signs.
_CHARACTERS: Final = 4_000
#: Fewer letters in capitals are an abbreviation, or an order number.
_CAPITAL_LETTERS: Final = 12
_CAPITAL_WORDS: Final = 3
_CAPITAL_SHARE: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    sign: Sign
    weight: float  #: 0..1
    words: str = ""  #: of the customer, where the sign is a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """What speaks for an unhappy customer."""

    signs: tuple[Seen, ...] = ()

    @property
    def score(self) -> float:
        """0..1, under 1: what is left when each sign has taken its share of the doubt."""
        doubt = 1.0
        for seen in self.signs:
            doubt *= 1.0 - seen.weight
        return 1.0 - doubt

    def with_signs(self, signs: Sequence[Seen]) -> "Mood":
        return Mood(signs=(*self.signs, *signs))


CALM: Final = Mood()


def mood_of(text: str) -> Mood:
    """The signs in one message."""
    text = text[:_CHARACTERS]
    folded = fold(text).text
    return Mood(
        signs=(
            *_words(folded, _INSULTS, Sign.INSULT, INSULT),
            *_words(folded, _COMPLAINTS, Sign.COMPLAINT, COMPLAINT),
            *_capitals(text),
            *_exclamation(text),
        )
    )


def circling(times_before: int) -> tuple[Seen, ...]:
    """The sign of a question that was asked and answered `times_before` times already."""
    if times_before <= 0:
        return ()
    return (Seen(sign=Sign.ASKED_BEFORE, weight=ASKED_ONCE_BEFORE if times_before == 1 else ASKED_OFTEN_BEFORE),)


def wished_before() -> Seen:
    """The sign of a customer who had asked for a person, and talks to the bot again."""
    return Seen(sign=Sign.PERSON_BEFORE, weight=PERSON_BEFORE)


def _words(folded: str, expression: re.Pattern[str], sign: Sign, weight: float) -> list[Seen]:
    found: dict[str, Seen] = {}
    for match in expression.finditer(folded):
        if not _NEGATED.search(folded[max(0, match.start() - 24) : match.start()]):
            found.setdefault(match[0], Seen(sign=sign, weight=weight, words=match[0][:40]))
    return list(found.values())[:WORDS_COUNTED]


def _capitals(text: str) -> list[Seen]:
    letters = [sign for sign in text if sign.isalpha() and sign.lower() != sign.upper()]
    shouted = [sign for sign in letters if sign.isupper()]
    words = re.findall(r"\b[A-Z][A-Z']+\b", text)
    enough = len(shouted) >= _CAPITAL_LETTERS and len(words) >= _CAPITAL_WORDS
    return (
        [Seen(sign=Sign.CAPITALS, weight=CAPITALS)] if enough and len(shouted) >= _CAPITAL_SHARE * len(letters) else []
    )


def _exclamation(text: str) -> list[Seen]:
    longest = max((len(run[0]) for run in re.finditer(r"[!！?？]{2,}", text) if set(run[0]) & set("!！")), default=0)
    if not longest:
        return []
    return [Seen(sign=Sign.EXCLAMATION, weight=MORE_EXCLAMATION if longest >= 3 else EXCLAMATION)]


_NEGATED: Final = re.compile(r"(?:\b(?:not|never|isn'?t|wasn'?t|aren'?t|nothing)(?:\s+\w+)?\s+|[不没别]+)$")

_INSULTS: Final = re.compile(
    r"""\b(?:
        useless | worthless | pathetic | ridiculous | outrageous | disgusting | disgraceful | appalling | atrocious
      | unacceptable | infuriating | ludicrous | shambles | incompetent | idiots? | idiotic | morons? | imbeciles?
      | stupid | dumb | crap | crappy | garbage | rubbish | bullsh\w+ | shit\w* | f+u+c+k\w* | wtf | damn | bloody
      | scam(?:mers?)? | rip[\s-]?off | crooks? | thieves | liars? | furious | fuming | livid | outraged
      | (?:this|it|that|what)(?:\s+is|['’]s)?\s+(?:such\s+)?a\s+(?:complete\s+|total\s+)?joke
      | (?:worst|terrible|awful|horrible|horrendous)
        \s+(?:\w+\s+)?(?:service|support|company|bank|app|bot|experience|help|customer|answers?|ever)
      | waste\s+of\s+(?:my\s+|our\s+)?time
      | (?:fed\s+up|sick\s+(?:and\s+tired\s+)?of|i(?:['’]ve|\s+have)\s+had\s+enough)
      | (?:hate|despise)\s+(?:this|you|your|these) | shut\s+up | go\s+to\s+hell
    )\b
    | 垃圾 | 骗子 | 骗人 | 骗钱 | 坑人 | 坑爹 | 坑钱 | 气死 | 气人 | 太差 | 差劲 | 恶心 | 智障 | 弱智 | 白痴
    | 傻[逼子瓜缺叉x] | 废物
    | 滚(?:蛋|开|$) | 他妈 | 妈的 | 受够 | 受不了 | 忍无可忍 | 太过分 | 什么破 | 破(?:公司|软件|机器人|客服|平台)
    | 狗屎 | 浪费(?:我的?)?时间
    | [😡🤬👿🖕💢]{2,}
    | 愤怒 | 生气 | 火大 | 恼火 | 无耻 | 黑心 | 离谱 | 一点用(?:都|也)没有 | (?:毫无|没有任何)用处?""",
    re.VERBOSE,
)
_COMPLAINTS: Final = re.compile(
    r"""\b(?:
        annoy(?:ed|ing|s) | frustrat(?:ed|ing|ion) | disappoint(?:ed|ing) | irritat(?:ed|ing) | upset | angry
        | unhelpful
      | (?:not|isn['’]?t|wasn['’]?t)\s+(?:\w+\s+)?(?:helpful|helping|good\s+enough)
      | (?:does|did|do)(?:n['’]?t|\s+not)\s+help | no\s+help | of\s+no\s+use
      | still\s+(?:not|no|(?:does|did|have|has)\s*n['’]?t|can['’]?t
          | waiting\s+for\s+(?:an?\s+)?(?:answer|reply|response|help))
      | (?:how\s+many|a\s+(?:hundred|thousand|million)|so\s+many|several|multiple)\s+times
      | for\s+the\s+(?:second|third|fourth|fifth|sixth|tenth|hundredth|\d+(?:nd|rd|th))\s+time
      | already\s+(?:told|said|asked|explained|tried|did|done)(?:\s+(?:you|that|this|it))?
      | (?:again\s+and\s+again|over\s+and\s+over)
      | (?:same|wrong)\s+(?:useless\s+)?answers? | you\s+(?:keep|kept)\s+\w+ing
      | (?:keep|going)\s+(?:going\s+)?(?:in|round\s+in)\s+circles
      | (?:not|never)\s+(?:what\s+i\s+(?:asked|said|meant)|my\s+question|answer(?:ed|ing)?\s+my\s+question)
      | (?:you|bot)\s+(?:does|do|did)(?:n['’]?t|\s+not)\s+(?:even\s+)?(?:answer|understand|listen|read)
      | nobody\s+(?:\w+\s+)?(?:helps?|answers?|cares?|replies|responds)
      | are\s+you\s+(?:kidding|joking|serious|even) | for\s+(?:god|christ|heaven|fuck|pete)['’]?s\s+sake | come\s+on
      | seriously
      | (?:want|wish|going|like)\s+to\s+(?:complain|(?:make|file|raise)\s+a\s+complaint)
    )\b
    | [😡🤬👿🖕💢] | (?:我?要|想)投诉
    | 多少[次遍] | [几好]遍了? | 第[三四五六七八九十]次 | 又是(?:这|一样|同样) | 一直(?:没|不)
    | 还是(?:不行|没有?用|不对|没解决|不能|一样)
    | 听不懂 | 看不懂我 | 答非所问 | 不是我(?:问|要|说)的 | 同样的(?:回答|答案|话) | 重复(?:回答|同样)
    | 没(?:有)?(?:解决|帮助|人管|人回)
    | 没用 | 不管用 | 失望 | 不满 | 烦(?:死|人|透|$|[了，。！]) | 无语 | 敷衍 | 推卸 | 太慢
    | 等了(?:很久|好久|半天|[几一二两三四五六七八九十\d]+(?:个)?(?:天|小时|月|周|星期))
    | 到底(?:能不能|行不行|会不会|管不管|有没有|要|什么时候|怎么)""",
    re.VERBOSE,
)
