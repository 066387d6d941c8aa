"""Evaluation sets and their questions over HTTP."""

import django_filters
from django.db.models import Count
from rest_framework import serializers, viewsets
from rest_framework.filters import OrderingFilter, SearchFilter

from knowledge.api.fields import AttributesField
from knowledge.api.frame import NUMBER, BoundedJSONParser, ModelPermissions, Pages
from knowledge.models import KnownQuestion, QuestionSet


class QuestionSetSerializer(serializers.ModelSerializer[QuestionSet]):
    question_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = QuestionSet
        fields = ("id", "name", "description", "question_count", "created_at")
        read_only_fields = ("id", "created_at")


class KnownQuestionSerializer(serializers.ModelSerializer[KnownQuestion]):
    language = serializers.RegexField(
        r"^[A-Za-z0-9-]{0,20}$", required=False, allow_blank=True, help_text="Empty: as the bot recognises it."
    )
    attributes = AttributesField(required=False, help_text="The customer's, as texts.")
    points = serializers.ListField(
        child=serializers.CharField(max_length=500), max_length=KnownQuestion.POINTS_MOST, required=False,
        help_text="Words or figures that a right answer must contain.",
    )  # fmt: skip

    class Meta:
        model = KnownQuestion
        fields = (
            "id", "question_set", "question", "earlier", "language", "tier", "attributes", "expects", "articles",
            "points", "created_at",
        )  # fmt: skip
        read_only_fields = ("id", "created_at")


class KnownQuestionFilter(django_filters.FilterSet):
    class Meta:
        model = KnownQuestion
        fields = ("question_set", "expects", "language", "tier")


class QuestionSetViewSet(viewsets.ModelViewSet[QuestionSet]):
    """Evaluation sets. Deleting one deletes its questions."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = QuestionSetSerializer
    filter_backends = (SearchFilter, OrderingFilter)
    search_fields = ("name",)
    ordering_fields = ("name", "created_at")
    ordering = ("name", "id")
    lookup_value_regex = NUMBER
    queryset = QuestionSet.objects.annotate(question_count=Count("questions"))

    def perform_create(self, serializer: serializers.BaseSerializer[QuestionSet]) -> None:
        serializer.save(created_by=self.request.user)


class KnownQuestionViewSet(viewsets.ModelViewSet[KnownQuestion]):
    """Questions of evaluation sets, with what a right answer rests on or says."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = KnownQuestionSerializer
    filter_backends = (django_filters.rest_framework.DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = KnownQuestionFilter
    search_fields = ("question",)
    ordering_fields = ("id", "created_at")
    ordering = ("id",)
    lookup_value_regex = NUMBER
    queryset = KnownQuestion.objects.prefetch_related("articles")
