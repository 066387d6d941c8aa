from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from knowledge import models


@admin.register(models.Collection)
class CollectionAdmin(ModelAdmin):
    list_display = ["name", "article_count", "created_at"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Collection]:
        queryset: QuerySet[models.Collection] = super().get_queryset(request)
        return queryset.annotate(article_count=Count("articles"))

    @admin.display(description=_("articles"), ordering="article_count")
    def article_count(self, collection: models.Collection) -> int:
        return int(getattr(collection, "article_count", 0))
