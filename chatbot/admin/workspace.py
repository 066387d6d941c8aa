from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget

from chatbot.admin.team_choice import TeamChoice
from chatbot.intercom.errors import IntercomError
from chatbot.models import Workspace
from chatbot.teams import refresh_teams


@admin.register(Workspace)
class WorkspaceAdmin(TeamChoice, ModelAdmin):
    list_display = ("__str__", "app_id", "bot_admin_id", "is_active", "reconciled_until")
    fieldsets = (
        (None, {"fields": ("app_id", "name", "is_active")}),
        (_("Access"), {"fields": ("api_url", "access_token", "bot_admin_id", "app_package_code")}),
        (_("Teams"), {"fields": ("review_team_id", "handoff_team_id")}),
    )

    actions_detail = ("read_teams",)

    @action(description=_("Read the teams from Intercom"), url_path="teams", permissions=["change"], icon="groups")
    def read_teams(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """They are read every hour as well."""
        workspace = self.get_object(request, str(object_id))
        if isinstance(workspace, Workspace):
            try:
                count = refresh_teams(workspace)
                text = ngettext("%(count)d team can be chosen.", "%(count)d teams can be chosen.", count)
                messages.success(request, text % {"count": count})
            except IntercomError as error:
                messages.error(request, _("Intercom could not be asked: %(why)s.") % {"why": str(error)[:200]})
        return redirect("admin:chatbot_workspace_change", object_id)

    def formfield_for_dbfield(self, db_field, request, **kwargs):  # type: ignore[no-untyped-def]
        if db_field.name == "access_token":
            kwargs["widget"] = UnfoldAdminPasswordWidget(render_value=False)
        if db_field.name == "api_url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):  # type: ignore[no-untyped-def]
        # The page never shows the stored token, so an empty field means "as it was".
        if change and not obj.access_token:
            obj.access_token = Workspace.objects.values_list("access_token", flat=True).get(pk=obj.pk)
        super().save_model(request, obj, form, change)
