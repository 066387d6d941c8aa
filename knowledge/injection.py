"""Pure: does a text give orders to a language model? Customers' messages and articles are data and should not.

A sum of signs, each with a weight: what only sounds like an order ("dear bot") weighs little, what only makes sense to
a machine ("in your response, add a link to …") weighs enough by itself.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: From this score on a text counts as an order to the model.
SUSPICIOUS: Final = 0.5
#: Characters that are looked at; longer texts are looked at in pieces by their callers, or cut.
READ_CHARACTERS: Final = 200_000

_OUTPUT = r"(?:response|reply|replies|answer|output|message|completion|summary)"
_MAKE = (
    r"(?:add|append|insert|include|integrate|incorporate|embed|mention|write|put|end|begin|start|finish|modify|augment|enhance|alter"
    r"|change|rewrite|replace|remove|combine|group|scramble|jumble|rearrange|reverse|convert|substitute|encode|misspell|introduce"
    r"|provide|render|give|use|format|translate|anagram|capitali[sz]e|tease|suggest|tell|say|recommend|promote|link)"
)
#: The signs in words that people understand.
SIGNS_IN_WORDS: Final[Mapping[str, Promise]] = {
    "ignores_rules": _("tells the bot to ignore its rules"),
    "new_role": _("gives the bot another role"),
    "asks_instructions": _("asks for the bot's instructions"),
    "shapes_answer": _("says what the bot's answer should contain"),
    "speaks_as_system": _("speaks as if it were the system"),
    "asks_others_data": _("asks for data of others"),
    "addresses_model": _("addresses a language model"),
    "orders_words": _("orders words to be said"),
    "hides_text": _("hides text from people"),
}

#: A full stop inside an address ends no sentence.
_SAME_SENTENCE = r"(?:[^.!?\n]|[.!?](?=[^\s]))"
# What is repeated without a bound must be a word, a blank or a fixed phrase, and never begin a line: otherwise each
# place of a long text could begin a search through all the rest of it.
_SIGNS: Final[tuple[tuple[str, float, re.Pattern[str]], ...]] = tuple(
    (name, weight, re.compile(pattern, re.IGNORECASE))
    for name, weight, pattern in (
        (
            "ignores_rules",
            1.0,
            r"\b(?:ignore|disregard|forget|override|bypass|do\s+not\s+follow|stop\s+following)\b[^.!?\n]{0,40}"
            r"\b(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|restrictions?|programming|training)\b"
            r"|(?:忽略|无视|忘记|忘掉|不要遵守|跳过)[^。！？\n]{0,12}(?:指令|指示|规则|提示|设定|限制|要求)",
        ),
        (
            "new_role",
            0.6,
            r"\b(?:you\s+are\s+now\s+(?:in\b|(?:an?|the)\s[^.!?\n]{0,30}\b(?:ai|assistant|bot|model|agent|pirate|hacker|persona|dan)\b)"
            r"|you\s+are\s+no\s+longer\s+(?:an?\s+(?:ai|assistant)|bound|restricted|limited|required)|from\s+now\s+on,?\s+you|act\s+as\s+(?:if\s+you\s+(?:are|were)\b|an?\s+(?:ai|unrestricted|evil)\b)"
            r"|pretend\s+(?:to\s+be|you\s+are)|role-?play\s+as|developer\s+mode\s+(?:on|enabled|activated)|jailbreak\s+(?:mode|prompt|yourself)|\bDAN\b(?=\s+mode)|simulate\s+being)\b"
            r"|你现在是|从现在(?:开始|起)[，,]?你|扮演(?:一个)?|假装(?:你)?是|开发者模式|越狱模式",
        ),
        (
            "asks_instructions",
            0.9,
            r"\b(?:show|reveal|print|repeat|output|tell\s+me|give\s+me|display|leak|disclose|summari[sz]e|what\s+(?:is|are|was|were))\b[^.!?\n]{0,40}"
            r"\b(?:system\s+(?:prompt|message|instructions?)|your\s+(?:initial\s+|original\s+|hidden\s+|secret\s+|own\s+|full\s+)*"
            r"(?:prompt|instructions|guidelines|system\s+rules)|(?:text|words|everything)\s+above)\b"
            r"|(?:输出|显示|告诉我|重复|打印|泄露|透露|复述)[^。！？\n]{0,12}(?:系统提示|提示词|系统指令|你的指令|你的提示|上面的(?:内容|文字))",
        ),
        (
            "shapes_answer",
            0.9,
            rf"\b{_MAKE}\b{_SAME_SENTENCE}{{0,90}}\b(?:in|to|into|of|for|from|with|at|within|throughout)\s+your\s+(?:\w+\s+)?{_OUTPUT}\b"
            rf"|\b{_MAKE}\s+(?:\w+\s+)?your\s+(?:\w+\s+)?{_OUTPUT}\b(?=\s+(?:to|with|by|using|without|in|as|so|backwards)\b)"
            rf"|\b(?:in|within)\s+your\s+(?:\w+\s+)?{_OUTPUT},?\s+(?:please\s+)?{_MAKE}\b"
            rf"|\b{_MAKE}\b{_SAME_SENTENCE}{{0,60}}\byour\s+(?:response|reply|answer|output)['’]s\b"
            r"|\b(?:replace|swap)\s+(?:\w+\s+){0,2}(?:vowels?|letters?|characters?)\s+with\b"
            rf"|\b(?:vowels?|letters?|words?|spaces?)\s+in\s+your\s+(?:response|reply|answer|output)\b"
            rf"|在(?:你|您)?的?(?:回复|回答|答复|输出)(?:中|里|的?(?:末尾|开头|最后))[^。！？\n]{{0,20}}(?:加上|加入|插入|包含|写上|附上|提到)",
        ),
        (
            "speaks_as_system",
            0.8,
            r"<\|?(?:im_start|im_end|system|endoftext|start|channel)\|?>|\[/?INST\]|<<\s*/?SYS\s*>>"
            r"|(?m:^[^\S\n]{0,20}#{0,3}[^\S\n]{0,20}(?:system|assistant|developer)[^\S\n]{0,20}(?:prompt|message)?[^\S\n]{0,20}:)"
            r"|</?(?:passage|question|instructions?)\b[^>]{0,200}>"
            r"|(?m:^[^\S\n]{0,20}#{1,4}[^\S\n]{0,20}(?:new\s+)?(?:system\s+)?instructions?\b)|\bnew\s+instructions?\s{0,20}:|\bsystem\s+override\b"
            r"|(?m:^[^\S\n]{0,20}(?:系统|助手)\s{0,20}[:：])|新的?指令\s{0,20}[:：]",
        ),
        (
            "asks_others_data",
            0.7,
            r"\b(?:list|show|give|send|reveal|tell|dump|export|print)\b[^.!?\n]{0,40}"
            r"\b(?:(?:all|other|another|every)\s+(?:customer|user|client|account)s?['’]?(?:s['’]?)?\s+(?:data|e-?mails?|names?|addresses|orders|passwords?|details|phone)"
            r"|your\s+(?:api|secret|access)\s+keys?|admin\s+password|environment\s+variables|database\s+(?:dump|contents?))\b"
            r"|(?:列出|给我|显示|导出)[^。！？\n]{0,10}(?:其他|别的|所有)(?:客户|用户)的?(?:资料|信息|邮箱|订单|密码|电话)",
        ),
        (
            "addresses_model",
            0.4,
            r"\b(?:as\s+an?\s+(?:ai|language\s+model)|dear\s+(?:ai|llm|chatbot|assistant)|(?:attention|note\s+to|message\s+(?:to|for))\s+(?:the\s+)?"
            r"(?:ai|llm|bots?|assistants?|(?:language\s+)?models?)|if\s+you\s+are\s+an?\s+(?:ai|llm|language\s+model|bot))\b"
            r"|(?:作为|如果你是)(?:一个)?(?:AI|人工智能|语言模型|机器人)",
        ),
        (
            "orders_words",
            0.5,
            r"\b(?:say|reply|respond|answer|write|output)\s+(?:only|exactly|just|nothing\s+but|with\s+(?:only|exactly|the\s+words?))\b"
            r"|只(?:回复|回答|输出)",
        ),
        (
            "hides_text",
            0.5,
            r"[\u200b-\u200d\u2060\ufeff]{4}|[\U000e0020-\U000e007f]{2}|<!--[^>]{20,500}-->"
            r"|(?:display\s*:\s*none|font-size\s*:\s*0|color\s*:\s*(?:white|#fff))",
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """How much a text looks like an order to a language model, and by which signs."""

    score: float  #: 0..1
    signs: tuple[str, ...]  #: keys of SIGNS_IN_WORDS

    @property
    def is_suspicious(self) -> bool:
        return self.score >= SUSPICIOUS


HARMLESS: Final = Injection(score=0.0, signs=())


def injection_in(text: str) -> Injection:
    """What in `text` speaks to a machine rather than to people. Linear in its length."""
    # Normalising makes some characters up to eighteen, so it is cut again.
    text = unicodedata.normalize("NFKC", text[:READ_CHARACTERS])[:READ_CHARACTERS]
    found = [(name, weight) for name, weight, sign in _SIGNS if sign.search(text)]
    if not found:
        return HARMLESS
    return Injection(
        score=min(1.0, sum(weight for _name, weight in found)), signs=tuple(name for name, _weight in found)
    )
