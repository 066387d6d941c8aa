"""How conversations went, page by page: the rows and columns of the exports."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from analytics.exports.columns import Kind, columns, rows
from analytics.exports.reading import may_export, visible_results
from analytics.models import ConversationOutcome
from knowledge.api.moments import MomentFilter


class MayExport(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return may_export(request.user)


class ResultPages(CursorPagination):
    """By rising number of the conversation: a page stays the same page while new conversations come."""

    ordering = "pk"
    page_size = 200
    page_size_query_param = "page_size"
    max_page_size = 2_000


class ResultFilter(filters.FilterSet):
    began_from = MomentFilter(field_name="started_at", lookup_expr="gte", label="Began then or later.")
    began_before = MomentFilter(field_name="started_at", lookup_expr="lt", label="Began earlier.")
    computed_from = MomentFilter(
        field_name="computed_at", lookup_expr="gte", label="Worked out then or later: what changed since the last look."
    )

    class Meta:
        model = ConversationOutcome
        fields = ("workspace", "language", "tier", "channel", "team", "intent", "profile")


_FIELDS = {
    Kind.NUMBER: serializers.IntegerField,
    Kind.DECIMAL: serializers.FloatField,
    Kind.YES_NO: serializers.BooleanField,
    Kind.TEXT: serializers.CharField,
    Kind.TIME: serializers.DateTimeField,
}


@extend_schema_field({"type": "object"})
class ResultSerializer(serializers.Serializer[Any]):
    """The columns of `analytics.exports.columns`."""

    def get_fields(self) -> dict[str, Any]:
        return {
            one.name: _FIELDS[one.kind](read_only=True, allow_null=True, help_text=str(one.meaning))
            for one in columns()
        }


class ResultViewSet(ListModelMixin, GenericViewSet[ConversationOutcome]):
    """Results of the conversations that this account may see; a right to export is needed."""

    permission_classes = (MayExport,)
    pagination_class = ResultPages
    serializer_class = ResultSerializer
    filter_backends = (filters.DjangoFilterBackend,)
    filterset_class = ResultFilter
    queryset = ConversationOutcome.objects.none()

    def get_queryset(self) -> QuerySet[ConversationOutcome]:
        return visible_results(self.request.user)

    @extend_schema(responses=ResultSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        found = rows(ConversationOutcome.objects.filter(pk__in=[one.pk for one in page]).order_by("pk"))
        return self.get_paginated_response(self.get_serializer(found, many=True).data)
