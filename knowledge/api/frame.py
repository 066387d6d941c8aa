"""What all endpoints share: rights, pages, and a bound on what is read."""

from typing import Any, Final, NoReturn

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import DjangoModelPermissions

from knowledge.errors import (
    ArticleRefused,
    EmbeddingUnavailable,
    KnowledgeError,
    PairDecided,
    QuestionTooLong,
    SearchTimedOut,
)

#: Bytes of a request: the longest article in JSON, each character escaped.
REQUEST_MAX_BYTES: Final = 13_000_000
#: A number in an address: what the database can hold, and nothing else.
NUMBER: Final = r"[0-9]{1,18}"


class ModelPermissions(DjangoModelPermissions):
    """Django's rights for each model, that to look included."""

    perms_map = {  # as its base declares it
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class ChangingIsEnough(ModelPermissions):
    """For a POST that changes what is there, and adds nothing."""

    perms_map = {**ModelPermissions.perms_map, "POST": ["%(app_label)s.change_%(model_name)s"]}


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class RequestTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request is too large.")
    default_code = "too_large"


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Not possible right now; try again later.")
    default_code = "unavailable"


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class BoundedJSONParser(JSONParser):
    """Reads REQUEST_MAX_BYTES at most: a larger request is refused before it fills the memory."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        length = parser_context["request"].META.get("CONTENT_LENGTH") or "0"
        if not str(length).isdigit() or int(length) > REQUEST_MAX_BYTES:
            raise RequestTooLarge
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ValidationError({"detail": _("The request is nested too deeply.")}) from error


def refuse(error: KnowledgeError) -> NoReturn:
    """Our errors in the words of HTTP."""
    match error:
        case ArticleRefused():
            raise ValidationError({error.field: [error.problem]}) from error
        case QuestionTooLong():
            raise ValidationError({"question": [str(error)]}) from error
        case PairDecided():
            raise Conflict(str(error)) from error
        case EmbeddingUnavailable() | SearchTimedOut():
            raise Unavailable from error
    raise error
