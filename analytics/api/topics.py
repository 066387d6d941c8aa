"""Topics and gaps over HTTP, under the rules of their pages."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.business.reading import last_days
from analytics.business.statistics import Figure
from analytics.gaps import deciding
from analytics.gaps.deciding import GapDecided, NothingToAccept
from analytics.gaps.reading import counted, waiting_gaps
from analytics.models import Gap, Topic
from analytics.topics.reading import TopicFigures, topic_figures
from analytics.topics.views import PERIODS
from knowledge.api.frame import NUMBER, BoundedJSONParser, ChangingIsEnough, Conflict, ModelPermissions, Pages
from knowledge.models import Collection
from knowledge.storable import storable_text


class ShareSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="0 to 1; null: nothing to count yet.")
    count = serializers.IntegerField(help_text="What it rests on.")
    low = serializers.FloatField(allow_null=True, help_text="95 % interval.")
    high = serializers.FloatField(allow_null=True)


class TopicSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(allow_null=True, help_text="null: the questions like no other.")
    name = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField())
    language = serializers.CharField()
    is_hidden = serializers.BooleanField()
    is_new = serializers.BooleanField()
    questions = serializers.IntegerField()
    questions_before = serializers.IntegerField(
        allow_null=True, help_text="In as many days before; null: nothing was read so long ago."
    )
    is_growing = serializers.BooleanField(help_text="More than chance would do.")
    customers = serializers.IntegerField()
    conversations = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    resolution = ShareSerializer()
    csat = ShareSerializer()
    score = serializers.FloatField(allow_null=True)


class TopicPermissions(ModelPermissions):
    """For a view without rows of its own."""

    def _queryset(self, view: Any) -> Any:
        return Topic.objects.all()


class TopicsView(APIView):
    """What customers asked about in the last days: new topics first, then growing ones, then the largest."""

    permission_classes = (TopicPermissions,)

    @extend_schema(
        parameters=[OpenApiParameter("days", int, enum=list(PERIODS), default=30)],
        responses=TopicSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        told = request.query_params.get("days", "30")
        if told not in {str(days) for days in PERIODS}:
            raise ValidationError({"days": [f"Write one of {', '.join(map(str, PERIODS))}."]})
        return Response(TopicSerializer([_told(one) for one in topic_figures(last_days(int(told)))], many=True).data)


class GapSerializer(serializers.ModelSerializer[Gap]):
    customers = serializers.IntegerField(read_only=True, help_text="Who asked within 90 days.")
    questions = serializers.IntegerField(source="asked", read_only=True, help_text="Within 90 days.")

    class Meta:
        model = Gap
        fields = (
            "id", "title", "body", "is_edited", "answers", "language", "status", "customers", "questions", "article",
            "decided_by", "decided_at", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class DraftSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=300)
    body = serializers.CharField(max_length=50_000, allow_blank=True)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if any(storable_text(text) != text for text in attrs.values()):
            raise ValidationError("A text holds characters that cannot be stored.")
        return attrs


class AcceptSerializer(serializers.Serializer[Any]):
    collection = serializers.PrimaryKeyRelatedField(
        queryset=Collection.objects.filter(is_throw_away=False), required=False, allow_null=True, default=None
    )


class GapViewSet(viewsets.ReadOnlyModelViewSet[Gap]):
    """What the bot could not answer. Lists the gaps that wait, those with most customers first."""

    permission_classes = (ChangingIsEnough,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = GapSerializer
    lookup_value_regex = NUMBER
    queryset = Gap.objects.all()

    def get_queryset(self) -> Any:
        return counted(Gap.objects.all()).order_by("pk")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset([one.gap for one in waiting_gaps()])
        return self.get_paginated_response(GapSerializer(page, many=True).data)

    @extend_schema(request=DraftSerializer, responses=GapSerializer)
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, pk: str) -> Response:
        """Keeps a draft written by a person; new answers do not change it any more."""
        asked = DraftSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self._done(pk, lambda: deciding.edit(int(pk), **asked.validated_data))

    @extend_schema(request=AcceptSerializer, responses=GapSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Makes the draft an article that is not published. Needs the right to add articles, too."""
        if not request.user.has_perm("knowledge.add_article"):
            raise PermissionDenied
        asked = AcceptSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        collection = asked.validated_data["collection"]
        return self._done(pk, lambda: deciding.accept(int(pk), user=request.user, collection=collection))

    @extend_schema(request=None, responses=GapSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """Not listed again unless clearly more customers ask."""
        return self._done(pk, lambda: deciding.dismiss(int(pk), user=request.user))

    @extend_schema(request=None, responses=GapSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Takes a decision back; an article made from it stays."""
        return self._done(pk, lambda: deciding.reopen(int(pk)))

    def _done(self, pk: str, deed: Any) -> Response:
        try:
            deed()
        except ObjectDoesNotExist as error:
            raise NotFound from error
        except GapDecided as error:
            raise Conflict(str(error)) from error
        except NothingToAccept as error:
            raise ValidationError({"body": [str(error)]}) from error
        return Response(GapSerializer(self.get_queryset().get(pk=int(pk))).data)


def _told(one: TopicFigures) -> dict[str, Any]:
    topic = one.topic
    return {
        "id": topic.pk if topic else None,
        "name": topic.name if topic else "",
        "words": topic.words if topic else [],
        "language": topic.language if topic else "",
        "is_hidden": bool(topic and topic.is_hidden),
        "is_new": one.is_new,
        "questions": one.questions,
        "questions_before": one.trend.before if one.trend else None,
        "is_growing": bool(one.trend and one.trend.is_growing),
        "customers": one.customers,
        "conversations": one.conversations,
        "unanswered": one.unanswered,
        "resolution": _share(one.resolution),
        "csat": _share(one.csat),
        "score": one.score,
    }


def _share(one: Figure) -> dict[str, Any]:
    return {"value": one.value, "count": one.count, "low": one.low, "high": one.high}
