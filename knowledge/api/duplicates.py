"""Near-duplicates over HTTP."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge import duplicates
from knowledge.api.frame import NUMBER, BoundedJSONParser, ModelPermissions, Pages, refuse
from knowledge.errors import PairDecided
from knowledge.models import Article, DuplicatePair


class PairedArticleSerializer(serializers.ModelSerializer[Article]):
    class Meta:
        model = Article
        fields = ("id", "collection", "external_id", "title", "language", "status", "visibility", "updated_at")
        read_only_fields = fields


class DuplicatePairSerializer(serializers.ModelSerializer[DuplicatePair]):
    first = PairedArticleSerializer(read_only=True)
    second = PairedArticleSerializer(read_only=True)

    class Meta:
        model = DuplicatePair
        fields = (
            "id", "first", "second", "similarity", "overlap", "decision", "decided_by", "decided_at", "found_at",
        )  # fmt: skip
        read_only_fields = fields


class DecideSerializer(serializers.Serializer[Any]):
    keep = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, allow_null=True, help_text="The article to keep; null: both are needed."
    )


class DecidingNeedsTheArticle(ModelPermissions):
    """To archive an article is to change it."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["knowledge.change_article"]}


class DuplicateViewSet(viewsets.ReadOnlyModelViewSet[DuplicatePair]):
    """Pairs of articles that say nearly the same. Lists those that wait for a decision, most alike first."""

    permission_classes = (DecidingNeedsTheArticle,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = DuplicatePairSerializer
    lookup_value_regex = NUMBER
    queryset = DuplicatePair.objects.select_related("first", "second")

    def get_queryset(self) -> Any:
        return duplicates.open_pairs() if self.action == "list" else super().get_queryset()

    @extend_schema(request=DecideSerializer, responses=DuplicatePairSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Keeps one article and archives the other, or remembers that both are needed."""
        pair = get_object_or_404(DuplicatePair, pk=int(pk))
        asked = DecideSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        keep = asked.validated_data["keep"]
        if keep not in (None, pair.first_id, pair.second_id):
            raise serializers.ValidationError({"keep": ["Choose one of the two articles, or null."]})
        try:
            if keep is None:
                duplicates.keep_both(pair.pk, user=request.user)
            else:
                duplicates.keep_one(pair.pk, keep, user=request.user)
        except PairDecided as error:
            refuse(error)
        return Response(DuplicatePairSerializer(self.get_queryset().get(pk=pair.pk)).data)
