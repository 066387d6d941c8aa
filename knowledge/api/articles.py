"""Articles and collections over HTTP, with their versions."""

from typing import Any, ClassVar

import django_filters
from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge import articles
from knowledge.api.fields import AttributesField, tiers_field
from knowledge.api.frame import NUMBER, BoundedJSONParser, ChangingIsEnough, ModelPermissions, Pages, refuse
from knowledge.api.moments import MomentFilter
from knowledge.conf import ARTICLE_MAX_CHARACTERS
from knowledge.errors import ArticleRefused
from knowledge.models import Article, ArticleStatus, Collection
from knowledge.progress import IndexState, status_of
from knowledge.tasks import enqueue_refresh
from knowledge.versions import changes_between, restore_article


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    article_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Collection
        fields = ("id", "name", "article_count", "created_at")
        read_only_fields = ("id", "created_at")


class ArticleSummarySerializer(serializers.ModelSerializer[Article]):
    """An article without its body, as lists show it."""

    external_id = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Once a collection; left out: one is made."
    )
    language = serializers.RegexField(
        r"^[A-Za-z0-9-]{0,20}$", required=False, allow_blank=True, help_text="Such as en; left out: it is recognised."
    )
    url = serializers.RegexField(r"^(https?://\S{1,1990})?$", required=False, allow_blank=True)
    audience_tiers = tiers_field()
    audience_attributes = AttributesField(required=False, help_text="All must be equal; {} for everybody.")
    index_state = serializers.SerializerMethodField(help_text="How far the indexing is.")

    class Meta:
        model = Article
        fields = (
            "id", "collection", "external_id", "title", "language", "url", "status", "visibility", "audience_tiers",
            "audience_attributes", "index_state", "indexed_at", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("id", "indexed_at", "created_at", "updated_at")

    @extend_schema_field({"type": "string", "enum": [state.value for state in IndexState]})
    def get_index_state(self, article: Article) -> str:
        return status_of(article).state.value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fills in what was left out, and refuses an id that another article of the collection has."""
        draft = Article(
            external_id=attrs.get("external_id", self.instance.external_id if self.instance else ""),
            language=attrs.get("language", self.instance.language if self.instance else ""),
            title=attrs.get("title", self.instance.title if self.instance else ""),
            body=attrs.get("body", self.instance.body if self.instance else ""),
        )
        articles.complete(draft)
        attrs["external_id"], attrs["language"] = draft.external_id, draft.language
        collection = attrs.get("collection", self.instance.collection if self.instance else None)
        same = Article.objects.filter(collection=collection, external_id=draft.external_id)
        if self.instance is not None:
            same = same.exclude(pk=self.instance.pk)
        if same.exists():
            raise serializers.ValidationError({"external_id": ["Another article of the collection has this id."]})
        return attrs


class ArticleSerializer(ArticleSummarySerializer):
    body = serializers.CharField(
        max_length=ARTICLE_MAX_CHARACTERS,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="Markdown.",
    )

    class Meta(ArticleSummarySerializer.Meta):
        fields = (*ArticleSummarySerializer.Meta.fields, "body")  # type: ignore[assignment]
        validators: ClassVar[list[Any]] = []  # the one about the id is ours, and names the field


class VersionSerializer(serializers.Serializer[Any]):
    """One saved change of an article."""

    version = serializers.IntegerField(source="history_id")
    type = serializers.ChoiceField(
        choices=[("+", "created"), ("~", "changed"), ("-", "deleted")], source="history_type"
    )
    changed_at = serializers.DateTimeField(source="history_date")
    changed_by = serializers.SerializerMethodField(help_text="User name; empty for a program.")
    reason = serializers.CharField(source="history_change_reason", allow_null=True)
    changed_fields = serializers.SerializerMethodField()
    title = serializers.CharField()
    body = serializers.CharField()
    status = serializers.ChoiceField(choices=ArticleStatus.choices)

    def get_changed_by(self, version: Any) -> str:
        return str(version.history_user.get_username()) if version.history_user else ""

    def get_changed_fields(self, version: Any) -> list[str]:
        before = Article.history.filter(id=version.id, history_id__lt=version.history_id).first()
        return [change.field.removesuffix("_id") if change.field == "collection_id" else change.field
                for change in changes_between(before, version)]  # fmt: skip


class RestoreSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class ArticleFilter(django_filters.FilterSet):
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gt")
    updated_before = MomentFilter(field_name="updated_at", lookup_expr="lt")
    tier = django_filters.CharFilter(field_name="audience_tiers", lookup_expr="contains", method="for_tier")

    class Meta:
        model = Article
        fields = ("status", "visibility", "language", "collection", "external_id")

    def for_tier(self, queryset: QuerySet[Article], name: str, value: str) -> QuerySet[Article]:
        return queryset.filter(audience_tiers__contains=[value])


class ArticleViewSet(viewsets.ModelViewSet[Article]):
    """Articles. Saving a published one indexes it in the background; `index_state` says how far that is."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    filter_backends = (django_filters.rest_framework.DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = ArticleFilter
    search_fields = ("title", "external_id")
    ordering_fields = ("updated_at", "created_at", "title", "id")
    ordering = ("id",)
    lookup_value_regex = NUMBER
    queryset = Article.objects.select_related("collection", "indexing")

    def get_queryset(self) -> QuerySet[Article]:
        return super().get_queryset().defer("body") if self.action == "list" else super().get_queryset()

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return ArticleSummarySerializer if self.action == "list" else ArticleSerializer

    def perform_create(self, serializer: serializers.BaseSerializer[Article]) -> None:
        self._save(serializer)

    def perform_update(self, serializer: serializers.BaseSerializer[Article]) -> None:
        self._save(serializer)

    def _save(self, serializer: serializers.BaseSerializer[Article]) -> None:
        article = serializer.save()
        if article.status == ArticleStatus.PUBLISHED:
            enqueue_refresh([article.pk])

    @extend_schema(
        responses=VersionSerializer(many=True),
        parameters=[OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)],
        filters=False,
    )
    @action(detail=True, filter_backends=[], url_path="history", url_name="history")
    def versions(self, request: Request, pk: str) -> Response:
        """Every saved change, newest first; also of an article that was deleted."""
        rows = Article.history.filter(id=int(pk)).select_related("history_user")
        get_object_or_404(rows[:1])
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(VersionSerializer(page, many=True).data)

    @extend_schema(
        request=RestoreSerializer,
        responses=ArticleSerializer,
        parameters=[OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)],
    )
    @action(detail=True, methods=["post"], permission_classes=[ChangingIsEnough])
    def restore(self, request: Request, pk: str) -> Response:
        """Makes the article what it was in a version; a deleted one comes back under its number."""
        asked = RestoreSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        version = get_object_or_404(Article.history.all(), id=int(pk), history_id=asked.validated_data["version"])
        try:
            article = restore_article(version)
        except ArticleRefused as error:
            refuse(error)
        if article.status == ArticleStatus.PUBLISHED:
            enqueue_refresh([article.pk])
        return Response(ArticleSerializer(article).data)


class CollectionViewSet(viewsets.ModelViewSet[Collection]):
    """Collections. Deleting one deletes its articles; their versions stay."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = CollectionSerializer
    filter_backends = (SearchFilter, OrderingFilter)
    search_fields = ("name",)
    ordering_fields = ("name", "created_at")
    ordering = ("name", "id")
    lookup_value_regex = NUMBER
    queryset = Collection.objects.annotate(article_count=Count("articles"))
