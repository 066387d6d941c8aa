"""The review desk over HTTP: queues, what waits in them, decisions and packets, under the desk's own rules."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from chatbot.desk.actions import VERBS
from chatbot.desk.listing import Filters, open_items, queue_counts
from chatbot.tasks import enqueue_conversation_quietly
from knowledge.api.frame import NUMBER, BoundedJSONParser, Conflict, ModelPermissions, Pages
from knowledge.storable import storable_text
from sessions_app.access import may, visible_conversations, visible_item, visible_items, visible_queues
from sessions_app.claims import holder_of
from sessions_app.errors import NotVisible, SessionsError
from sessions_app.models import Handoff, ReviewItem, ReviewQueue

#: What a program may do with an item; the desk's other verbs are for people before a page.
API_VERBS = (
    "approve", "ask", "reject", "undo", "claim", "release", "move", "give", "snooze", "note", "take-over", "give-back",
)  # fmt: skip


class ReviewQueueSerializer(serializers.ModelSerializer[ReviewQueue]):
    waiting = serializers.SerializerMethodField(help_text="Items that wait in it now.")

    class Meta:
        model = ReviewQueue
        fields = (
            "id", "name", "position", "is_default", "reason_classes", "scenarios", "languages", "target_minutes",
            "overdue", "escalates_to", "intercom_team_id", "waiting",
        )  # fmt: skip
        read_only_fields = fields

    def get_waiting(self, queue: ReviewQueue) -> int:
        counts: dict[int, int] = self.context.get("counts", {})
        return counts.get(queue.pk, 0)


class ReviewItemSerializer(serializers.ModelSerializer[ReviewItem]):
    customer = serializers.CharField(source="conversation.customer", read_only=True)
    language = serializers.CharField(source="conversation.language", read_only=True)
    claimed_by = serializers.SerializerMethodField(help_text="Name of whoever is at it now, or null.")
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = ReviewItem
        fields = (
            "id", "conversation", "kind", "status", "queue", "reason_class", "reasons", "scenario", "customer",
            "language", "question", "draft", "answer", "confidence", "threshold", "created_at", "due_at",
            "snoozed_until", "assigned_to", "claimed_by", "replaces", "decided_by", "decided_at", "decision_note",
        )  # fmt: skip
        read_only_fields = fields

    def get_claimed_by(self, item: ReviewItem) -> str | None:
        holder = holder_of(item)
        return holder.get_username() if holder else None


class DecisionSerializer(serializers.Serializer[Any]):
    """What a decision needs; fields that its verb does not use are ignored."""

    verb = serializers.ChoiceField(choices=API_VERBS)
    answer = serializers.CharField(
        required=False, allow_blank=True, max_length=10_000, help_text="approve, ask, reject: Markdown."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=2_000, help_text="reject, note.")
    is_warned = serializers.BooleanField(
        required=False, default=False, help_text="Send although rules for sensitive words match."
    )
    queue = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="move.")
    person = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="give.")
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=30 * 24 * 60, help_text="snooze.")


class DecidedSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField(help_text="The item to go on with: another one after a take-over.")
    undo_seconds = serializers.FloatField(allow_null=True, help_text="For so long `undo` still stops what was sent.")


class PacketSerializer(serializers.ModelSerializer[Handoff]):
    class Meta:
        model = Handoff
        fields = ("id", "conversation", "reason", "reason_class", "packet", "created_at")
        read_only_fields = fields


class ReviewQueueViewSet(viewsets.ReadOnlyModelViewSet[ReviewQueue]):
    """Queues that this account may see."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    serializer_class = ReviewQueueSerializer
    lookup_value_regex = NUMBER
    queryset = ReviewQueue.objects.all()

    def get_queryset(self) -> Any:
        return visible_queues(self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        counts = {row.queue.pk: row.waiting for row in queue_counts(self.request.user)}
        return {**super().get_serializer_context(), "counts": counts}


_FILTERS = [
    OpenApiParameter("queue", OpenApiTypes.INT, description="Number of a queue."),
    OpenApiParameter("reason", OpenApiTypes.STR, description="A class of reasons, such as knowledge_missing."),
    OpenApiParameter("language", OpenApiTypes.STR, description="A code such as en."),
    OpenApiParameter("who", OpenApiTypes.STR, enum=["mine", "free", "late", "asleep"]),
    OpenApiParameter("search", OpenApiTypes.STR, description="Words of the question, or of the customer's name."),
    OpenApiParameter("status", OpenApiTypes.STR, enum=["waiting", "decided"], description="Waiting, if left out."),
]


class LookingIsEnough(ModelPermissions):
    """Each verb asks for its own right."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["%(app_label)s.view_%(model_name)s"]}


class ReviewItemViewSet(viewsets.ReadOnlyModelViewSet[ReviewItem]):
    """Questions that wait for a person, who waits longest first; or those that were decided, the newest first."""

    permission_classes = (LookingIsEnough,)
    pagination_class = Pages
    parser_classes = (BoundedJSONParser,)
    serializer_class = ReviewItemSerializer
    lookup_value_regex = NUMBER
    queryset = ReviewItem.objects.all()

    def get_queryset(self) -> Any:
        user = self.request.user
        if self.action != "list":
            return visible_items(user).select_related("conversation__customer", "claimed_by", "decided_by")
        if self.request.query_params.get("status") == "decided":
            decided = visible_items(user).exclude(status=ReviewItem.Status.WAITING).order_by("-decided_at", "-pk")
            return decided.select_related("conversation__customer", "claimed_by", "decided_by")
        return open_items(user, Filters.of(self.request.query_params.dict()))

    @extend_schema(parameters=_FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=DecisionSerializer, responses=DecidedSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """One verb. 409: somebody was faster, or is at it; 400 names what is missing."""
        asked = DecisionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        verb = VERBS[given.pop("verb")]
        if not may(request.user, verb.permission):
            raise PermissionDenied
        fields = {name: storable_text(str(value)) for name, value in given.items() if name != "is_warned"}
        if given.get("is_warned"):
            fields["is_warned"] = "1"
        try:
            done = verb.act(visible_item(request.user, int(pk)), request.user, fields)
        except NotVisible as error:
            raise NotFound from error
        except SessionsError as error:
            raise Conflict(str(error)) from error
        except ValueError as error:  # EmptyAnswer, AnswerTooLong, SensitiveAnswer, BadMove: each says what is wrong
            raise ValidationError({"detail": [str(error)]}) from error
        if done.sends_in is not None:
            enqueue_conversation_quietly(done.conversation, seconds=done.sends_in)
        return Response({"item": done.item, "undo_seconds": done.sends_in or None}, status=status.HTTP_200_OK)


class PacketViewSet(viewsets.ReadOnlyModelViewSet[Handoff]):
    """What people were told when a conversation was handed to them, the newest first."""

    permission_classes = (ModelPermissions,)
    pagination_class = Pages
    serializer_class = PacketSerializer
    lookup_value_regex = NUMBER
    queryset = Handoff.objects.all()

    def get_queryset(self) -> Any:
        seen = visible_conversations(self.request.user).values("pk")
        return Handoff.objects.filter(conversation__in=seen).order_by("-pk")
