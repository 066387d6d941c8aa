"""Does the customer ask for a person, plainly enough that nobody has to guess?

In English and Chinese here; German, French and Spanish in `person_wanted_elsewhere.py`.
"""

import re

from chatbot.rules.person_wanted_elsewhere import ELSEWHERE

_PERSON = (
    r"(?:(?:a|an|the|your|some|another|any)\s+)?(?:(?:real|live|actual|human|customer|support|service|care)\s+)*"
    r"(?:human(?:\s+being)?|person|people|agent|representative|rep|operator|advisor|adviser|employee|teammate|somebody|someone|staff"
    r"|team\s+member|manager|supervisor|support\s+team|customer\s+(?:service|support|care))"
)
_ENGLISH = re.compile(
    rf"""\b(?:
        (?:talk|speak|chat|connect(?:ed)?|transfer(?:red)?|put|hand|pass|escalate|forward|redirect|switch)\b
            (?:\s+(?:me|us|this|it|over|through|directly))*\s+(?:to|with)\s+{_PERSON}\b
      | (?:want|need|like|get|give\s+me|prefer|have|bring\s+in|find\s+me)\s+(?:to\s+(?:get|have)\s+)?
            (?:a|an|some)\s+(?:real|live|actual|human)\s+(?:human|person|people|agent|representative|rep|operator|advisor|being)?
      | (?:want|need|get\s+me|give\s+me)\s+(?:a|an)\s+(?:human|agent|representative|operator)\b
      | (?:real|live|actual)\s+(?:person|human|agent|people)
      | human(?:\s+(?:agent|support|help|being|assistance|operator))?\s*,?\s*(?:please|pls|now)
      | (?:agent|representative|operator)\s*,?\s*(?:please|pls)
      | (?:help|answer|reply|call)\s+from\s+(?:a|an|some)\s+(?:(?:real|live|actual)\s+)?(?:human|person|agent)\b
      | (?:(?<!m\s)not|no|stop(?:\s+(?:talking\s+to\s+)?(?:the|this|with\s+the))?)\s+(?:a\s+)?(?:ro|chat)?bots?\b
      | (?:don['’]?t|do\s+not)\s+(?:want|like)\s+(?:to\s+(?:talk|speak|chat|deal)\s+(?:to|with)\s+)?
            (?:(?:a|an|the|this|your|another|some|stupid)\s+)*(?:(?:ro|chat)?bots?|machine|computer)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE = re.compile(
    r"^\W*(?:human|agent|representative|operator|real person|person|speak to human|live chat)\W*$", re.IGNORECASE
)
#: What stands before a request that is none: "I don't need to | talk to a person".
_REFUSED = re.compile(
    r"(?<!why\s)\b(?:don['’]?t|do\s+not|doesn['’]?t|no\s+need|needn['’]?t|without|rather\s+not|not|never|instead\s+of|rather\s+than)"
    r"(?:\s+(?:want|need|think|i|wish|like|have|wanna|prefer|to|for|be|even|really|actually|necessarily|having|get|getting|ask"
    r"|a|an|the|any|please|me|us|it|this)){0,8}\s*$",
    re.IGNORECASE,
)
_CLAUSE_ENDS = re.compile(r"[.,;:!?()]|\bbut\b|[。，；：！？]", re.IGNORECASE)
#: Longer is no part of a refusal.
_BEFORE_CHARACTERS = 80
_CHINESE = re.compile(
    r"转人工|轉人工|人工(?:客服|服务|服務|坐席|咨询)|真人|活人"
    r"|(?:找|要|接|换|換|叫|联系|聯繫|转接|轉接|转|轉)(?:一下|个|個|一个|一個|到|你们的?|你們的?)*(?:人工(?!智能|智慧)|客服(?:人员|人員|代表)?|专员|專員|经理|經理)"
    r"|(?:跟|和|与|與)(?:真|活)?人(?:说|說|聊|谈|談|沟通|溝通|对话|對話)|^\W*(?:人工|客服)\W*$"
)
_CHINESE_REFUSED = re.compile(
    r"(?:不|别|無需|无需|没必要|沒必要)(?:需要|想要|用|要|想|必|是|再|帮我|给我|請|请|需)*(?:找|转|轉|接|联系|聯繫|要|换)?$"
)


def wants_person(text: str) -> bool:
    """True if `text` asks to be handed to a human being."""
    sample = " ".join(text[:2_000].split())
    if _WHOLE.match(sample):
        return True
    ways = ((_CHINESE, _CHINESE_REFUSED), (_ENGLISH, _REFUSED), *ELSEWHERE)
    return any(_asks(sample, request, refusal) for request, refusal in ways)


def _asks(sample: str, request: re.Pattern[str], refusal: re.Pattern[str]) -> bool:
    """True if one request of `sample` is not refused by the words of its own clause before it."""
    for found in request.finditer(sample):
        before = sample[max(0, found.start() - _BEFORE_CHARACTERS) : found.start()]
        clause = _CLAUSE_ENDS.split(before)[-1]
        if not refusal.search(clause):
            return True
    return False
