"""The team's masking policy, at most two seconds old."""

import re2

from chatbot.models import PersonalDataRule, PersonalPattern
from chatbot.recent import RecentRows
from chatbot.rules.masking.entities import EntityType
from chatbot.rules.masking.masker import Masker, masker_for
from chatbot.rules.masking.policy import DEFAULT_TREATMENTS, MaskingPolicy, OwnPattern, Treatment
from sessions_app.snapshots import ConversationSnapshot


def _load(_key: str) -> MaskingPolicy:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return MaskingPolicy(
        treatments={
            **DEFAULT_TREATMENTS,
            **{EntityType(row.type): Treatment(row.treatment) for row in PersonalDataRule.objects.all()},
        },
        patterns=tuple(
            OwnPattern(
                label=row.label,
                expression=re2.compile(row.expression, options),
                treatment=Treatment(row.treatment),
            )
            for row in PersonalPattern.objects.filter(is_on=True)
        ),
    )


_policy: RecentRows[str, MaskingPolicy] = RecentRows(_load)


def masking_policy() -> MaskingPolicy:
    return _policy.get("")


def forget_masking_policy() -> None:
    """For those who have just changed it and cannot wait two seconds."""
    _policy.clear()


def masker_of(view: ConversationSnapshot, question: str, *, language: str) -> Masker:
    """What is personal in the question and in what was said before; `language`: what the question is taken to be in."""
    said = [question, *(row.text for row in view.history)]
    names = [view.customer_name] if view.customer_name else []
    return masker_for(said, policy=masking_policy(), known_names=names, language=language)
