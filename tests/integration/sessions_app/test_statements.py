"""Hand-written statements store and read what the ORM would, whatever becomes of the models."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, NotSupportedError, connection, models, transaction
from django.utils import timezone

from sessions_app.models import Author, Conversation, Customer, Message
from sessions_app.statements import Columns, run

NOW = timezone.now()


def stored(row: models.Model, **given: Any) -> int:
    """`row` written by a statement of `Columns`; its id."""
    columns: Columns[Any] = Columns(type(row))
    table = row._meta.db_table
    return run(f"INSERT INTO {table} ({columns.filled}) SELECT {columns.slots()} RETURNING id", columns.values(row))[0][
        0
    ]


def thread() -> Message:
    customer = Customer.objects.create(workspace="w", external_id="dana", attributes={"plan": "gold"})
    conversation = Conversation.objects.create(workspace="w", external_id="1", customer=customer)
    return Message(
        conversation=conversation,
        external_id="p1",
        author=Author.CUSTOMER,
        text='a "quoted" \\ 退货 %s 😀',
        attachments=[{"name": "x.pdf", "url": "https://example.com/ä"}],
        sent_at=NOW,
    )


@pytest.mark.django_db
def test_what_a_statement_writes_the_orm_reads_and_the_other_way_round() -> None:
    message = thread()
    message.pk = stored(message)
    columns = Columns(Message)
    [read] = columns.read(f"SELECT {columns.of('m')} FROM sessions_app_message AS m WHERE id = %s", [message.pk])
    for found in (Message.objects.get(), read):
        assert model_values(found) == model_values(message)


def model_values(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.django_db
def test_columns_that_were_not_read_are_fetched_when_asked_for() -> None:
    message = thread()
    message.save()
    columns = Columns(Message, "id", "sent_at")
    [read] = columns.read(f"SELECT {columns.of('m')} FROM sessions_app_message AS m", [])
    assert "text" in read.get_deferred_fields()
    assert read.text == message.text


@pytest.mark.django_db
def test_a_text_that_is_too_long_is_refused_and_not_cut() -> None:
    message = thread()
    message.author_name = "x" * 256
    with pytest.raises(DatabaseError), transaction.atomic():
        stored(message)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_statements_belong_to_the_transaction_they_stand_in() -> None:
    message = thread()
    with pytest.raises(RuntimeError), transaction.atomic():
        stored(message)
        raise RuntimeError
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_planned_once_in_a_connection() -> None:
    for number in range(3):
        run("SELECT %s::int + 41", [number])
    kept = run("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ["%+ 41%"])
    assert kept == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_whose_plans_a_migration_made_wrong_is_given_up() -> None:
    with psycopg.connect(**address(), autocommit=True) as elsewhere:
        elsewhere.execute("CREATE TABLE changing (word varchar(10))")
        try:
            run("SELECT word FROM changing")
            elsewhere.execute("ALTER TABLE changing ALTER COLUMN word TYPE text")
            with pytest.raises(NotSupportedError):
                run("SELECT word FROM changing")
            connection.close()
            assert run("SELECT word FROM changing") == []
        finally:
            connection.close()
            elsewhere.execute("DROP TABLE changing")


def address() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if name in parameters}
