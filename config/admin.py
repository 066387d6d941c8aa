"""Accounts and groups, in the admin's looks."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config import token_admin  # noqa: F401  registers its page

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic only for the type checker
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    # Searched for by name: Django's two lists side by side are wider than a screen, and no use with a screen reader.
    filter_horizontal = ()
    autocomplete_fields = ("groups", "user_permissions")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    filter_horizontal = ()
    autocomplete_fields = ("permissions",)


@admin.register(Permission)
class PermissionAdmin(ModelAdmin):
    """Only to be found from people and roles; there is no page of its own in any list."""

    search_fields = ("name", "codename", "content_type__app_label", "content_type__model")
    list_select_related = ("content_type",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Permission | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Permission | None = None) -> bool:
        return False
