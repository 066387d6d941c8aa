"""The published description is true: requests made from it meet no error of ours, and answers look as described."""

from collections.abc import Iterator

import hypothesis
import pytest
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authtoken.models import Token

from knowledge import tasks
from knowledge.models import ApprovedAnswer, DuplicatePair
from tests.integration.knowledge.shelves import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(monkeypatch) -> Iterator[str]:
    monkeypatch.setattr(tasks.refresh_article, "delay", lambda article_id: None)
    monkeypatch.setattr(tasks.embed_approved_answer, "delay", lambda answer_id: None)
    first, second = publish("One", "Text."), publish("Two", "Text.")
    DuplicatePair.objects.create(first=first, second=second, similarity=1.0, overlap=1.0)
    ApprovedAnswer.objects.create(question="How?", answer="So.", language="en")
    # As Django's own test client does: the connection belongs to the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Token.objects.create(user=User.objects.create_superuser("program")).key
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_requests_made_from_the_description_meet_no_error_of_ours(token: str) -> None:
    import schemathesis  # more than a second to load, which who collects tests shall not pay

    described = SchemaGenerator(patterns=None).get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(described).include(path_regex="^/api/v1/")
    schema.app = get_wsgi_application()
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @hypothesis.settings(
            max_examples=4,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def try_it(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            response = case.call(headers={"Authorization": f"Token {token}"})
            assert response.status_code < 500, (case.as_curl_command(), response.text[:500])

        try_it()
    assert asked > 50, "else nothing was tried"
