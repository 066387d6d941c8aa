"""A team is chosen by its name where Intercom has told us its teams; else its number is typed."""

from typing import Any

from django import forms
from django.db.models import Field
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

from chatbot.models import PlaybookStep, Team, TriggerRule, Workspace
from sessions_app.models import ReviewQueue

_FIELDS = frozenset({"team_id", "review_team_id", "handoff_team_id", "intercom_team_id"})


def team_choices() -> list[tuple[str, str]]:
    """The teams by name, then numbers that stand in our tables but in no workspace any more."""
    teams = list(Team.objects.select_related("workspace"))
    has_several = len({team.workspace_id for team in teams}) > 1
    named = [
        (team.external_id, f"{team.name} · {team.workspace}" if has_several else f"{team.name} ({team.external_id})")
        for team in teams
    ]
    used = {
        *TriggerRule.objects.exclude(team_id="").values_list("team_id", flat=True),
        *PlaybookStep.objects.exclude(team_id="").values_list("team_id", flat=True),
        *ReviewQueue.objects.exclude(intercom_team_id="").values_list("intercom_team_id", flat=True),
        *Workspace.objects.exclude(review_team_id="").values_list("review_team_id", flat=True),
        *Workspace.objects.exclude(handoff_team_id="").values_list("handoff_team_id", flat=True),
    }
    unknown = sorted(used - {number for number, _name in named})
    return [
        ("", "—"),
        *named,
        *((number, _("%(number)s (no team of Intercom any more)") % {"number": number}) for number in unknown),
    ]


class TeamChoice:
    """Beside a ModelAdmin or an inline: its fields that hold a team's number become lists."""

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in _FIELDS and Team.objects.exists():
            return forms.ChoiceField(
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=db_field.help_text,
                choices=team_choices,
                widget=UnfoldAdminSelectWidget,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
