"""Whether a person has approved an answer to exactly this question, for this customer, in this language."""

from chatbot.pipeline.follow_up import Dependence, dependence_of
from chatbot.pipeline.understand import Understanding
from knowledge.approved import ApprovedMatch, find_approved
from knowledge.audience import Audience
from sessions_app.snapshots import ConversationSnapshot


def approved_answer(understanding: Understanding, view: ConversationSnapshot) -> ApprovedMatch | None:
    """A follow-up means something only after what was asked before, so it matches word for word or not at all."""
    if understanding.is_cut:
        return None
    is_follow_up = bool(view.history) and dependence_of(understanding.question) is not Dependence.NONE
    return find_approved(
        understanding.question,
        audience=Audience(tier=view.customer_tier or None, attributes=dict(view.customer_attributes)),
        language=understanding.language,
        only_exact=is_follow_up,
    )
