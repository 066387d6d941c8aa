"""The admin's first page: what waits, what happened since yesterday, what to do first."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.first_steps import first_steps, may_set_up
from chatbot.model_pools import health, pool_rows
from chatbot.models import Delivery, InboundEvent, ModelPoolEvent, Turn
from chatbot.steering import steering
from sessions_app.models import Conversation
from sessions_app.reviews import waiting_count
from sessions_app.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    label: str
    count: int
    link: str
    is_warning: bool = False


def add_home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the page's own data beside the admin's."""
    context["title"] = _("Today")
    context["home"] = {
        "live": _live(request),
        "now": _now(),
        "day": _day(),
        "steps": first_steps() if may_set_up(request.user) else [],
    }
    return context


def _live(request: HttpRequest) -> dict[str, Any]:
    """For whom the bot answers, in words."""
    known = steering()
    if not known.is_answering:
        words = _("The bot answers nobody: it is switched off. Messages are stored, and nothing is lost.")
    elif known.live_share >= 100:
        words = _("The bot answers all customers.")
    elif known.live_share == 0:
        words = _("The bot answers nobody yet; all customers go straight to people.")
    else:
        words = _("The bot answers %(percent)d %% of customers; the others go straight to people.") % {
            "percent": known.live_share
        }
    may_see = request.user.has_perm("chatbot.view_steering") or request.user.has_perm("chatbot.change_steering")
    return {
        "words": words,
        "is_warning": not known.is_answering or known.live_share < 100,
        "link": reverse("admin:chatbot_steering_changelist") if may_see else "",
    }


def _now() -> list[Tile]:
    waiting = waiting_count()
    failed_events = InboundEvent.objects.filter(status=InboundEvent.Status.FAILED).count()
    failed_deliveries = Delivery.objects.filter(status=Delivery.Status.FAILED).count()
    with_people = Conversation.objects.filter(state=State.PERSON).count()
    events, deliveries = reverse("admin:chatbot_inboundevent_changelist"), reverse("admin:chatbot_delivery_changelist")
    return [
        Tile(label=_("drafts wait for review"), count=waiting, link=reverse("desk:queue"), is_warning=waiting > 0),
        Tile(
            label=_("conversations with people"),
            count=with_people,
            link=reverse("admin:sessions_app_conversation_changelist") + "?state__exact=person",
        ),
        Tile(
            label=_("notifications not understood"),
            count=failed_events,
            link=events + "?status__exact=failed",
            is_warning=failed_events > 0,
        ),
        Tile(
            label=_("deliveries refused"),
            count=failed_deliveries,
            link=deliveries + "?status__exact=failed",
            is_warning=failed_deliveries > 0,
        ),
        *_model_pools(),
    ]


def _model_pools() -> list[Tile]:
    """What an operator should look at; nothing where all is well."""
    rows = [row for row in pool_rows() if row.is_on]
    troubled = sum(not health().records.look(str(row.pk)).state.takes_calls for row in rows)
    since = timezone.now() - timedelta(days=1)
    slow = ModelPoolEvent.objects.filter(kind=ModelPoolEvent.Kind.SLOW, at__gte=since).count()
    events = reverse("admin:chatbot_modelpoolevent_changelist")
    tiles = []
    if rows and not troubled:
        link = reverse("admin:chatbot_modelpool_changelist")
        tiles.append(Tile(label=_("model pools that answer"), count=len(rows), link=link))
    if troubled:
        tiles.append(
            Tile(
                label=_("model pools left alone after errors"),
                count=troubled,
                link=reverse("admin:chatbot_modelpool_changelist"),
                is_warning=True,
            )
        )
    if slow:
        label = _("alerts of slow models in 24 hours")
        tiles.append(Tile(label=label, count=slow, link=f"{events}?kind__exact=slow", is_warning=True))
    return tiles


def _day() -> list[Tile]:
    since = timezone.now() - timedelta(days=1)
    rows = Turn.objects.filter(started_at__gte=since).values("outcome").annotate(count=Count("pk")).order_by()
    counts = {row["outcome"]: row["count"] for row in rows}
    turns = reverse("admin:chatbot_turn_changelist")
    return [
        Tile(label=str(label), count=counts.get(outcome.value, 0), link=f"{turns}?outcome__exact={outcome.value}")
        for outcome, label in (
            (Turn.Outcome.ANSWERED, _("answered alone")),
            (Turn.Outcome.HELD, _("held for review")),
            (Turn.Outcome.HANDED_OVER, _("handed over")),
            (Turn.Outcome.SILENT, _("stayed silent")),
        )
    ]
