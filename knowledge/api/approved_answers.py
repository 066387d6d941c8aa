"""Approved answers over HTTP."""

from typing import Any

import django_filters
from rest_framework import serializers, viewsets
from rest_framework.filters import OrderingFilter, SearchFilter

from knowledge.api.fields import AttributesField, tiers_field
from knowledge.api.frame import NUMBER, BoundedJSONParser, ModelPermissions, Pages
from knowledge.api.moments import MomentFilter
from knowledge.conf import APPROVED_QUESTION_MAX_CHARACTERS
from knowledge.models import ApprovedAnswer
from knowledge.sameness import normalised
from knowledge.tasks import enqueue_approved_answer


class ApprovedAnswerSerializer(serializers.ModelSerializer[ApprovedAnswer]):
    variants = serializers.ListField(
        child=serializers.CharField(max_length=APPROVED_QUESTION_MAX_CHARACTERS), max_length=200, required=False
    )
    language = serializers.RegexField(
        r"^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$", max_length=20, help_text="Such as en or zh-hans."
    )
    audience_tiers = tiers_field()
    audience_attributes = AttributesField(required=False, help_text="All must be equal; {} for everybody.")

    class Meta:
        model = ApprovedAnswer
        fields = (
            "id", "question", "variants", "answer", "language", "audience_tiers", "audience_attributes", "is_on",
            "expires_at", "owner", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = ("id", "created_at", "updated_at")

    def validate_question(self, question: str) -> str:
        if not normalised(question):
            raise serializers.ValidationError("Write a question with at least one word.")
        return question


class ApprovedAnswerFilter(django_filters.FilterSet):
    expires_before = MomentFilter(field_name="expires_at", lookup_expr="lt")

    class Meta:
        model = ApprovedAnswer
        fields = ("is_on", "language", "owner")


class ApprovedAnswerViewSet(viewsets.ModelViewSet[ApprovedAnswer]):
    """Questions with the answers that people approved for them: sent word for word, without search and model."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = ApprovedAnswerSerializer
    filter_backends = (django_filters.rest_framework.DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = ApprovedAnswerFilter
    search_fields = ("question", "answer")
    ordering_fields = ("updated_at", "created_at", "question", "expires_at", "id")
    ordering = ("id",)
    lookup_value_regex = NUMBER
    queryset = ApprovedAnswer.objects.all()

    def perform_create(self, serializer: serializers.BaseSerializer[ApprovedAnswer]) -> None:
        owner: dict[str, Any] = {} if "owner" in serializer.validated_data else {"owner": self.request.user}
        enqueue_approved_answer(serializer.save(**owner).pk)

    def perform_update(self, serializer: serializers.BaseSerializer[ApprovedAnswer]) -> None:
        enqueue_approved_answer(serializer.save().pk)
