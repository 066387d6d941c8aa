"""Playbooks in the turn: which one a message follows, and what its steps decide before anything is drafted."""

from collections.abc import Mapping
from typing import Any

from chatbot.pipeline.decide import Action, Decision, Reason, needs_no_draft
from chatbot.pipeline.understand import Understanding
from chatbot.playbooks.choosing import FollowedPlaybook, followed_playbook
from chatbot.rules.triggers.routing import Routed
from sessions_app.models import Author
from sessions_app.snapshots import ConversationSnapshot


def playbook_of(
    view: ConversationSnapshot,
    understanding: Understanding,
    route: Routed,
    asked: Mapping[str, Any] | None,
    *,
    text: str,
) -> FollowedPlaybook | None:
    """None for what needs no answer. `text` is what waits as the customer wrote it, `asked` see `followed_playbook`."""
    if needs_no_draft(understanding):
        return None
    return followed_playbook(
        named=route.playbook,
        asked=asked,
        scenario=understanding.scenario,
        language=understanding.language,
        said=[*(row.text for row in view.history if row.author == Author.CUSTOMER), text],
        attributes=view.customer_attributes,
    )


def decided_by_playbook(
    playbook: FollowedPlaybook | None, *, threshold: float, is_draft_waiting: bool
) -> Decision | None:
    """A step that asks or hands over. While a draft waits for review, nothing is asked beside it."""
    if playbook is None:
        return None
    if (question := playbook.followed.question) is not None and not is_draft_waiting:
        return Decision(
            action=Action.ASK,
            reasons=(Reason.PLAYBOOK_ASKS,),
            confidence=0.0,
            threshold=threshold,
            words=question.text,
        )
    if (step := playbook.followed.hand_off) is not None:
        return Decision(
            action=Action.HAND_OVER,
            reasons=(Reason.PLAYBOOK_HANDS_OVER,),
            confidence=0.0,
            threshold=threshold,
            team_id=step.team_id,
        )
    return None
