"""Messages that ask nothing: a greeting wants a greeting, thanks want no answer at all."""

import re
from enum import StrEnum


class SmallTalk(StrEnum):
    GREETING = "greeting"
    THANKS = "thanks"


_GREETING_WORDS = (
    r"(?:hi|hiya|hello|hey|howdy|greetings|good\s+(?:morning|afternoon|evening|day)|hallo|hola|bonjour|ciao"
    r"|guten?\s+(?:morgen|tag|abend)|moin|servus|salut|bonsoir|buen(?:os|as)\s+(?:d[ií]as|tardes|noches)"
    r"|(?:is\s+)?any(?:body|one)\s+(?:there|here)"
    r"|你好|您好|哈[喽啰]|嗨|早上好|上午好|下午好|晚上好|在吗|在嘛|在么|有人吗|有人在吗)"
)
_FILLER = r"(?:zusammen|there|all|team|everyone|guys|folks|handrail|bot|anybody|anyone|亲|大家)"
_THANKS_WORDS = (
    r"(?:thanks?(?:\s+you)?|thx|ty|cheers|many|so|very|much|a\s+lot|again|for\s+(?:your|the)\s+help|ok(?:ay)?|k|great|perfect|awesome|cool|nice|good"
    r"|got\s+it|(?:that|this|it)\s+(?:really\s+)?help(?:ed|s)|understood|works|solved|bye|goodbye|see\s+you|have\s+a\s+(?:nice|good|great)\s+(?:day|one|weekend)"
    r"|danke(?:\s*schön|\s+sehr)?|(?:vielen|besten|herzlichen)\s+dank|alles\s+klar|tschüss?|auf\s+wiedersehen"
    r"|merci(?:\s+(?:beaucoup|bien))?|au\s+revoir|(?:muchas\s+)?gracias|adi[oó]s"
    r"|谢谢(?:你|您|啦|了)?|多谢|感谢|好的|好滴|明白了?|知道了|收到|再见|拜拜|没问题了|可以了|解决了|嗯|哦|行)"
)
_SEPARATORS = r"[\s\W_]*"
_GREETING = re.compile(rf"^{_SEPARATORS}(?:{_GREETING_WORDS}{_SEPARATORS})+(?:{_FILLER}{_SEPARATORS})*$", re.IGNORECASE)
_THANKS = re.compile(rf"^{_SEPARATORS}(?:{_THANKS_WORDS}{_SEPARATORS})+(?:{_FILLER}{_SEPARATORS})*$", re.IGNORECASE)
#: Nothing longer is small talk; it also keeps the expressions' work small.
_LONGEST = 60


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk the whole of `text` is; None if it may be a question."""
    if len(text) > _LONGEST or "?" in text or "？" in text:
        return SmallTalk.GREETING if len(text) <= _LONGEST and _GREETING.match(text) else None
    if _GREETING.match(text):
        return SmallTalk.GREETING
    return SmallTalk.THANKS if _THANKS.match(text) else None
