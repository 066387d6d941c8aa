"""Tokens of the REST API in the admin: made for an account, shown once, taken away again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.admin import TokenAdmin as PlainTokenAdmin
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin

admin.site.unregister(TokenProxy)


@admin.register(TokenProxy)
class TokenAdmin(PlainTokenAdmin, ModelAdmin):
    """Who is no superuser sees and makes tokens of their own account only: a token may do what its account may."""

    list_display = ("user", "created")
    list_filter = ()
    readonly_fields = ("created",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["user", "created"] if obj else ["user"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TokenProxy]:
        queryset: QuerySet[TokenProxy] = super().get_queryset(request)
        return queryset if request.user.is_superuser else queryset.filter(user__pk=request.user.pk or 0)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = db_field.related_model.objects.filter(pk=request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: TokenProxy, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        text = format_html(str(_("The token is {}. Copy it now: it is not shown again.")), obj.key)
        self.message_user(request, text, messages.WARNING)
