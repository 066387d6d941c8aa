"""What a new installation still needs, each line looked up: nobody ticks a box for something that is not there."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _

from chatbot.model_pools import health, pool_rows
from chatbot.models import Delivery, InboundEvent, SamplingRule, StandardMessage, Steering, WordRule, Workspace
from chatbot.steering import steering
from knowledge.models import ArticleStatus, Chunk
from sessions_app.access import DECIDE, may
from sessions_app.models import ReviewItem

#: Members of staff whose rights are looked at, at most.
_PEOPLE = 50
#: What a customer must be told when the bot does not answer.
_NEEDED_WORDS = (StandardMessage.Kind.HOLDING, StandardMessage.Kind.HANDOFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    label: str
    hint: str  #: what to do, or why
    link: str
    is_done: bool
    is_needed: bool = True  #: without it the list stays


def first_steps() -> list[Step]:
    """In the order in which they make sense; empty once everything needed is there."""
    steps = [
        Step(
            label=_("Connect Intercom"),
            hint=_("Paste the access token of your workspace, or set INTERCOM_TOKEN."),
            link=reverse("admin:chatbot_workspace_changelist"),
            is_done=Workspace.objects.exists(),
        ),
        Step(
            label=_("Let Intercom tell us of messages"),
            hint=_("Enter the webhook's address in Intercom; this is done once the first notification has arrived."),
            link=reverse("admin:chatbot_inboundevent_changelist"),
            is_done=InboundEvent.objects.exclude(status=InboundEvent.Status.FAILED).exists(),
        ),
        Step(
            label=_("Publish the first article"),
            hint=_("Write one, or import your help centre; this is done once one is indexed and can be found."),
            link=reverse("admin:knowledge_importrun_add"),
            is_done=Chunk.objects.filter(article__status=ArticleStatus.PUBLISHED).exists(),
        ),
        Step(
            label=_("Say it in your customers' language"),
            hint=_("The holding and the handover message, in the language set under “How the bot decides”."),
            link=reverse("admin:chatbot_standardmessage_changelist"),
            is_done=_speaks(steering().default_language),
        ),
        Step(
            label=_("Invite people who decide"),
            hint=_("A second account with a role such as reviewer: somebody has to look at held drafts."),
            link=reverse("admin:auth_user_changelist"),
            is_done=_have_people(),
        ),
        Step(
            label=_("Decide about the first draft"),
            hint=_("Ask something in the messenger, and send, change or reject what waits on the desk."),
            link=reverse("desk:queue"),
            is_done=_has_been_used(),
        ),
        Step(
            label=_("Go live for 5 % of customers"),
            hint=_("Under “How the bot decides”: a small share meets the bot, the others go straight to people."),
            link=reverse("admin:chatbot_steering_changelist"),
            is_done=_is_live(Steering.Share.FEW),
        ),
        Step(
            label=_("Go live for all"),
            hint=_("Raise the share step by step; whoever met the bot before goes on meeting it."),
            link=reverse("admin:chatbot_steering_changelist"),
            is_done=_is_live(Steering.Share.ALL),
        ),
        Step(
            label=_("Connect a language model"),
            hint=_("Without one that answers, the bot quotes articles word for word."),
            link=reverse("admin:chatbot_modelpool_changelist"),
            is_done=_has_model(),
            is_needed=False,
        ),
        Step(
            label=_("Name words that must never be answered alone"),
            hint=_("Legal threats, safety, competitors: rules for sensitive words."),
            link=reverse("admin:chatbot_wordrule_changelist"),
            is_done=WordRule.objects.filter(is_on=True).exists(),
            is_needed=False,
        ),
        Step(
            label=_("Have a share of answers checked"),
            hint=_("A sampling rule of a few percent tells how right the answers are that nobody saw."),
            link=reverse("admin:chatbot_samplingrule_changelist"),
            is_done=SamplingRule.objects.filter(is_on=True, percent__gt=0).exists(),
            is_needed=False,
        ),
    ]
    return steps if any(step.is_needed and not step.is_done for step in steps) else []


def may_set_up(user: Any) -> bool:
    return may(user, "chatbot.change_steering")


def _speaks(language: str) -> bool:
    written = {language, language.split("-")[0]} | ({"zh-hans"} if language.startswith("zh") else set())
    found = StandardMessage.objects.filter(kind__in=_NEEDED_WORDS, language__in=written, is_on=True).exclude(text="")
    return set(found.values_list("kind", flat=True)) >= {kind.value for kind in _NEEDED_WORDS}


def _have_people() -> bool:
    """More than the account that was made at the start, with the right to decide."""
    staff = get_user_model().objects.filter(is_active=True, is_staff=True).order_by("pk")[:_PEOPLE]
    return sum(may(person, DECIDE) for person in staff) >= 2


def _has_been_used() -> bool:
    decided = (ReviewItem.Status.APPROVED, ReviewItem.Status.EDITED, ReviewItem.Status.REJECTED)
    written = Delivery.objects.filter(written_by__isnull=False, status=Delivery.Status.SENT)
    return ReviewItem.objects.filter(status__in=decided).exists() or written.exists()


def _is_live(share: int) -> bool:
    """For at least so many percent, with a workspace whose customers can meet the bot."""
    known = steering()
    return known.is_answering and known.live_share >= share and Workspace.objects.filter(is_active=True).exists()


def _has_model() -> bool:
    return any(row.is_on and health().records.look(str(row.pk)).state.takes_calls for row in pool_rows())
