"""The retrieval test over HTTP: what a question of a customer finds, with scores and times."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge.api.fields import AttributesField
from knowledge.api.frame import BoundedJSONParser, ModelPermissions, refuse
from knowledge.approved import find_approved
from knowledge.audience import Audience
from knowledge.conf import QUESTION_MAX_CHARACTERS
from knowledge.errors import EmbeddingUnavailable, QuestionTooLong, SearchTimedOut
from knowledge.models import Article
from knowledge.retrieval import search


class SearchSerializer(serializers.Serializer[Any]):
    question = serializers.CharField(max_length=QUESTION_MAX_CHARACTERS)
    tier = serializers.CharField(max_length=100, required=False, allow_null=True, default=None)
    attributes = AttributesField(required=False, default=dict, help_text="The customer's, as texts.")
    language = serializers.RegexField(
        r"^[A-Za-z0-9-]{1,20}$", required=False, allow_null=True, default=None, help_text="The customer's."
    )
    limit = serializers.IntegerField(min_value=1, max_value=50, default=8)
    collections = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=50, required=False, allow_null=True, default=None,
        help_text="Names; left out: all.",
    )  # fmt: skip
    include_internal = serializers.BooleanField(default=False)


class PassageSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    article_id = serializers.IntegerField()
    article_external_id = serializers.CharField()
    article_title = serializers.CharField()
    article_url = serializers.CharField()
    heading_path = serializers.CharField()
    text = serializers.CharField()
    start = serializers.IntegerField(help_text="Characters into the article's body.")
    end = serializers.IntegerField(help_text="Characters, exclusive.")
    language = serializers.CharField()
    internal = serializers.BooleanField()
    similarity = serializers.FloatField(help_text="Of the vectors, -1..1.")
    lexical_score = serializers.FloatField(help_text="Of the words; about 1 = all of them.")
    score = serializers.FloatField(help_text="Both together, 0..1.")


class ApprovedMatchSerializer(serializers.Serializer[Any]):
    answer_id = serializers.IntegerField()
    answer = serializers.CharField()
    question = serializers.CharField(help_text="The wording that matched.")
    match = serializers.ChoiceField(choices=["exact", "similar"])
    similarity = serializers.FloatField()


class FoundSerializer(serializers.Serializer[Any]):
    question = serializers.CharField(help_text="As it was searched.")
    approved_answer = ApprovedMatchSerializer(
        allow_null=True, help_text="What would be sent instead of searching; null without a language."
    )
    passages = PassageSerializer(many=True)
    candidates = serializers.IntegerField()
    embedder = serializers.CharField()
    milliseconds = serializers.DictField(child=serializers.FloatField())


class LookingIsEnough(ModelPermissions):
    """A question is sent with POST, and changes nothing."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["%(app_label)s.view_%(model_name)s"]}


class SearchView(GenericAPIView[Article]):
    permission_classes = (LookingIsEnough,)
    parser_classes = (BoundedJSONParser,)
    serializer_class = SearchSerializer
    queryset = Article.objects.none()  # whose rights count

    @extend_schema(request=SearchSerializer, responses=FoundSerializer)
    def post(self, request: Request) -> Response:
        """What the bot would find for this question of this customer. Nothing is stored."""
        asked = SearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        audience = Audience(tier=wanted["tier"], attributes=wanted["attributes"])
        try:
            found = search(
                wanted["question"],
                audience=audience,
                language=wanted["language"],
                limit=wanted["limit"],
                collections=wanted["collections"],
                include_internal=wanted["include_internal"],
            )
        except (QuestionTooLong, EmbeddingUnavailable, SearchTimedOut) as error:
            refuse(error)
        approved = find_approved(wanted["question"], audience=audience, language=wanted["language"] or "")
        return Response(
            {
                "question": found.question,
                "approved_answer": ApprovedMatchSerializer(approved).data if approved else None,
                "passages": PassageSerializer(found.passages, many=True).data,
                "candidates": found.candidates,
                "embedder": found.embedder,
                "milliseconds": dict(found.milliseconds),
            }
        )
