"""What a reviewer changed of a draft: kept, and told apart into wording, fact, missing and tone."""

import re
from dataclasses import dataclass

from chatbot.models import AnswerEdit
from chatbot.rules.words import content_words
from sessions_app.models import ReviewItem

#: Facts that stand out in any language: numbers with their signs, links, addresses.
_FACTS = re.compile(r"https?://\S+|[\w.+-]+@[\w-]+\.\w+|\d+(?:[.,:/-]\d+)*\s*[%€$£¥]?")
#: More new content than this share of the draft's: something was missing.
_MUCH_NEW = 0.35
#: Words of politeness; an edit of nothing else is one of tone.
_TONE = content_words(
    """
    hi hello hey dear thank thanks sorry apologise apologize apologies unfortunately please kind kindly regards best
    great glad happy sure course pleasure welcome understand frustrating appreciate wish day nice gladly
    """
)
_TONE_CHINESE = ("您好", "你好", "谢谢", "感谢", "抱歉", "不好意思", "请", "麻烦", "祝", "亲", "您")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    kind: AnswerEdit.Kind
    kept: float  #: share of the draft's content words that the answer still has, 0..1


def judged(draft: str, answer: str) -> Edit:
    """A guess that a person may correct: pure, by words and facts, in any language."""
    before, after = content_words(draft), content_words(answer)
    kept = len(before & after) / len(before) if before else 0.0
    facts_before, facts_after = _facts(draft), _facts(answer)
    new = {word for word in after - before if word not in _TONE}
    if not before:
        kind = AnswerEdit.Kind.MISSING
    elif facts_before - facts_after:
        kind = AnswerEdit.Kind.FACT
    elif _is_tone_only(draft, answer):
        kind = AnswerEdit.Kind.TONE
    elif len(new) > _MUCH_NEW * len(before):
        kind = AnswerEdit.Kind.MISSING if kept >= 1 - _MUCH_NEW else AnswerEdit.Kind.FACT
    elif facts_after - facts_before:
        kind = AnswerEdit.Kind.MISSING
    else:
        kind = AnswerEdit.Kind.WORDING
    return Edit(kind=kind, kept=kept)


def keep_edit(item: ReviewItem) -> AnswerEdit | None:
    """Of a decided item; None where the draft was sent as it was, or there was none."""
    if item.status != ReviewItem.Status.EDITED or not item.draft:
        return None
    edit = judged(item.draft, item.answer)
    kept, _created = AnswerEdit.objects.update_or_create(item=item, defaults={"kind": edit.kind, "kept": edit.kept})
    return kept


def _facts(text: str) -> set[str]:
    return {"".join(found.split()).rstrip(".,)") for found in _FACTS.findall(text)}


def _is_tone_only(draft: str, answer: str) -> bool:
    changed = content_words(draft) ^ content_words(answer)
    for sign in _TONE_CHINESE:
        draft, answer = draft.replace(sign, ""), answer.replace(sign, "")
    if changed and content_words(draft) == content_words(answer):
        return True
    return bool(changed) and changed <= _TONE
