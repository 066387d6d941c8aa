"""The retrieval test over HTTP: a question with one or two settings, each passage's score in its parts."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatbot.pipeline.retrieve import PASSAGES, Rewritten
from chatbot.retrieval_trial import SHOWN_MOST, AskedFor, RetrievalTrial, Rewriting, settings_from, try_retrieval
from knowledge.api.fields import AttributesField
from knowledge.api.frame import BoundedJSONParser, refuse
from knowledge.api.search import ApprovedMatchSerializer, LookingIsEnough, PassageSerializer
from knowledge.conf import QUESTION_MAX_CHARACTERS
from knowledge.errors import EmbedderNotReady, KnowledgeError
from knowledge.explaining import Why
from knowledge.models import Article
from knowledge.ranking import SIGNAL_WEIGHT_MOST, Feature, Fusion
from knowledge.search_settings import Way


class TrialSettingsSerializer(serializers.Serializer[Any]):
    embedder = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="Empty: the active.")
    way = serializers.ChoiceField(choices=[one.value for one in Way], default=Way.HYBRID.value)
    fusion = serializers.ChoiceField(choices=[one.value for one in Fusion], default=Fusion.LEARNED.value)
    with_reranker = serializers.BooleanField(default=True)
    rewriting = serializers.ChoiceField(
        choices=[one.value for one in Rewriting], default=Rewriting.AS_THE_BOT.value, help_text="Of a follow-up."
    )
    passages = serializers.IntegerField(min_value=1, max_value=SHOWN_MOST, default=PASSAGES)
    least_score = serializers.FloatField(min_value=0.0, max_value=1.0, default=0.0)
    freshness = serializers.FloatField(
        min_value=0.0, max_value=SIGNAL_WEIGHT_MOST, required=False, allow_null=True, help_text="Null: as learned."
    )
    citations = serializers.FloatField(
        min_value=0.0, max_value=SIGNAL_WEIGHT_MOST, required=False, allow_null=True, help_text="Null: as learned."
    )
    collections = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=50, required=False, allow_null=True, default=None,
        help_text="Names; left out: all.",
    )  # fmt: skip


class AskedForSerializer(serializers.Serializer[Any]):
    question = serializers.CharField(max_length=QUESTION_MAX_CHARACTERS)
    earlier = serializers.CharField(
        max_length=QUESTION_MAX_CHARACTERS, required=False, allow_blank=True, default="",
        help_text="What the customer had asked before, if the question is a follow-up.",
    )  # fmt: skip
    tier = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    attributes = AttributesField(required=False, default=dict)
    language = serializers.RegexField(
        r"^[A-Za-z0-9-]{0,20}$", required=False, allow_blank=True, default="", help_text="Empty: it is recognised."
    )
    include_internal = serializers.BooleanField(default=False)
    settings = serializers.ListField(
        child=TrialSettingsSerializer(), min_length=1, max_length=2, help_text="One, or two to compare."
    )


class PartSerializer(serializers.Serializer[Any]):
    feature = serializers.ChoiceField(choices=[one.value for one in Feature])
    value = serializers.FloatField()
    weight = serializers.FloatField()
    points = serializers.FloatField()


class ExplainedSerializer(serializers.Serializer[Any]):
    passage = PassageSerializer()
    rerank_score = serializers.FloatField(source="passage.rerank_score", allow_null=True)
    parts = PartSerializer(many=True)
    language_factor = serializers.FloatField()
    repeats = serializers.IntegerField(allow_null=True, help_text="Rank of a better passage that says nearly the same.")


class LeftOutSerializer(serializers.Serializer[Any]):
    article_id = serializers.IntegerField()
    title = serializers.CharField(help_text="Empty where you may not read articles.")
    heading_path = serializers.CharField()
    text = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=[one.value for one in Why]))


class ApprovedLeftOutSerializer(serializers.Serializer[Any]):
    answer_id = serializers.IntegerField()
    question = serializers.CharField()
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=[one.value for one in Why]))


class RetrievalTrialSerializer(serializers.Serializer[Any]):
    searched_for = serializers.CharField()
    rewritten_by = serializers.ChoiceField(choices=[one.value for one in Rewritten], source="rewritten")
    language = serializers.CharField()
    embedder = serializers.CharField(source="explanation.retrieval.embedder")
    vector_share = serializers.FloatField(source="explanation.retrieval.vector_share")
    candidates = serializers.IntegerField(source="explanation.retrieval.candidates")
    notes = serializers.ListField(child=serializers.CharField(), source="explanation.retrieval.notes")
    passages = ExplainedSerializer(many=True, source="explanation.passages")
    left_out = serializers.SerializerMethodField()
    approved_answer = ApprovedMatchSerializer(source="approved", allow_null=True)
    approved_left_out = ApprovedLeftOutSerializer(many=True)
    milliseconds = serializers.SerializerMethodField()

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_left_out(self, trial: RetrievalTrial) -> Any:
        return LeftOutSerializer([*trial.staff_text, *trial.explanation.left_out], many=True).data

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "number"}})
    def get_milliseconds(self, trial: RetrievalTrial) -> dict[str, float]:
        return {
            **trial.explanation.retrieval.milliseconds,
            "rewrite": round(trial.rewriting_milliseconds, 3),
            "explain": round(trial.explanation.milliseconds, 3),
        }


class TriedSerializer(serializers.Serializer[Any]):
    results = RetrievalTrialSerializer(many=True, help_text="In the order of the settings.")


class RetrievalTrialView(GenericAPIView[Article]):
    permission_classes = (LookingIsEnough,)
    parser_classes = (BoundedJSONParser,)
    serializer_class = AskedForSerializer
    queryset = Article.objects.none()  # whose rights count

    @extend_schema(request=AskedForSerializer, responses=TriedSerializer)
    def post(self, request: Request) -> Response:
        """What the bot would find, why, and what was left out. Nothing is stored."""
        read = AskedForSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        wanted = dict(read.validated_data)
        tried = wanted.pop("settings")
        asked = AskedFor(**wanted)
        try:
            results = [try_retrieval(asked, settings_from(one), sees_articles=True) for one in tried]
        except EmbedderNotReady as error:
            raise ValidationError({"settings": [str(error)]}) from error
        except KnowledgeError as error:
            refuse(error)
        return Response(TriedSerializer({"results": results}).data)
