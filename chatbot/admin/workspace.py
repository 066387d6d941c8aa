from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget

from chatbot.models import Workspace


@admin.register(Workspace)
class WorkspaceAdmin(ModelAdmin):
    list_display = ("__str__", "app_id", "bot_admin_id", "is_active", "reconciled_until")
    fieldsets = (
        (None, {"fields": ("app_id", "name", "is_active")}),
        (_("Access"), {"fields": ("api_url", "access_token", "bot_admin_id", "app_package_code")}),
        (_("Teams"), {"fields": ("review_team_id", "handoff_team_id")}),
    )

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
