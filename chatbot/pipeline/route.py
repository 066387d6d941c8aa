"""Trigger rules in the turn: what they are told of a message, and what their word changes."""

from dataclasses import replace

from django.utils import timezone

from chatbot.models import StandardMessage, Turn
from chatbot.pipeline.decide import Action, Decision, Reason
from chatbot.pipeline.understand import Understanding
from chatbot.rules.current import current_router
from chatbot.rules.triggers.choice import Choice, choice_of
from chatbot.rules.triggers.routing import NOT_ROUTED, Facts, Route, Routed, Router
from chatbot.steering import standard_message
from sessions_app.models import Author
from sessions_app.snapshots import ConversationSnapshot


def routed(view: ConversationSnapshot, understanding: Understanding, *, text: str) -> Routed:
    """What the trigger rules say about the messages that wait. `text` is as the customer wrote it."""
    router = current_router()
    if not router.triggers:
        return NOT_ROUTED
    return router.route(
        Facts(
            text=text,
            tier=view.customer_tier,
            attributes=view.customer_attributes,
            channel=view.channel,
            language=understanding.language,
            intent=understanding.intent,
            now=timezone.now(),
            is_first=not any(row.author == Author.CUSTOMER for row in view.history),
            has_attachment=understanding.has_attachment,
            was_offered=_may_offer(router) and offers_made(view.conversation_id),
        )
    )


def _may_offer(router: Router) -> bool:
    """Most teams have no such rule, and then nothing is asked of the database."""
    return any(trigger.route == Route.OFFER for trigger in router.triggers)


def offers_made(conversation_id: int) -> bool:
    """True if the customer was asked before whether bot or person."""
    return Turn.objects.filter(
        conversation_id=conversation_id, reasons__contains=[Reason.CHOICE_OFFERED.value]
    ).exists()


def offered_question(view: ConversationSnapshot) -> str:
    """What the customer wanted when the newest finished turn asked "bot or person?"; "" if it did not."""
    if not view.history or not _may_offer(current_router()):
        return ""
    newest = (
        Turn.objects.filter(conversation_id=view.conversation_id, finished_at__isnull=False)
        .exclude(outcome=Turn.Outcome.SUPERSEDED)
        .order_by("-pk")
        .only("question", "reasons")
        .first()
    )
    if newest is None or Reason.CHOICE_OFFERED.value not in newest.reasons:
        return ""
    return newest.question


def as_chosen(view: ConversationSnapshot, *, threshold: float) -> tuple[ConversationSnapshot, Decision | None]:
    """After the offer: a word for the bot leaves the earlier question to be answered, one for a person decides."""
    match choice_of(view.question):
        case Choice.PERSON:
            return view, Decision(
                action=Action.HAND_OVER, reasons=(Reason.CUSTOMER_ASKED,), confidence=0.0, threshold=threshold
            )
        case Choice.BOT:
            return replace(view, waiting=()), None
    return view, None


def decided_by_route(route: Routed, understanding: Understanding, *, threshold: float) -> Decision | None:
    """A rule that leaves nothing to draft. Who asks for a person gets one, whatever the rules say."""
    if understanding.wants_person:
        return None

    def decision(action: Action, reason: Reason, **more: str) -> Decision:
        return Decision(action=action, reasons=(reason,), confidence=0.0, threshold=threshold, **more)  # type: ignore[arg-type]

    match route.route:
        case Route.HAND_OFF:
            assert route.decided_by is not None
            return decision(Action.HAND_OVER, Reason.TRIGGER_RULE, team_id=route.decided_by.team_id)
        case Route.STAY_OUT:
            return decision(Action.STAY_SILENT, Reason.TRIGGER_RULE)
        case Route.OFFER if words := standard_message(StandardMessage.Kind.OFFER, understanding.language):
            return decision(Action.SAY, Reason.CHOICE_OFFERED, words=words)
    return None


def rerouted(decision: Decision, route: Routed) -> Decision:
    """`decision` after the rules: held if one says so, and with their tags."""
    tags = route.tags + ((f"priority: {route.priority}",) if route.priority else ())
    decision = replace(decision, tags=tuple(dict.fromkeys((*decision.tags, *tags))))
    if route.route == Route.HOLD and decision.action in (Action.ANSWER, Action.GREET):
        return replace(decision, action=Action.HOLD, reasons=(Reason.TRIGGER_RULE, *decision.reasons[1:]))
    return decision


def route_trace(route: Routed) -> dict[str, object] | None:
    """For the trace: which rules applied, which decided, and what they chose."""
    if not route.applied:
        return None
    return {
        "decided_by": route.decided_by.id if route.decided_by else None,
        "applied": [{"id": trigger.id, "name": trigger.name, "then": trigger.route.value} for trigger in route.applied],
        "tags": list(route.tags),
        "priority": route.priority,
        "profile": route.profile,
        "playbook": route.playbook,
    }
