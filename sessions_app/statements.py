"""Statements of the path that every message takes: written out, and planned by PostgreSQL once in each connection.

The ORM puts such a statement together anew each time, and PostgreSQL parses and plans it anew: five to ten times the
work. Elsewhere the ORM is the better choice. Columns come from the models, so a new field needs no change here.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models

Row = TypeVar("Row", bound=models.Model)


def run(statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of one statement, on Django's connection and inside its transaction, if there is one.

    Each text is prepared and kept: it must be a constant, never be put together from values.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        try:
            cursor = psycopg.Cursor(database.connection).execute(statement, parameters, prepare=True)
            result = cursor.pgresult  # `description` would put together an object for each column
            return cursor.fetchall() if result is not None and result.nfields else []
        except psycopg.errors.FeatureNotSupported:
            # A migration changed a column's type under a kept plan; a connection without it must not go back.
            database.connection.close()
            raise


class Columns(Generic[Row]):
    """The columns of a model, all or those of the named fields, in the model's order.

    Rows read without some of them fetch these when somebody asks for them.
    """

    def __init__(self, model: type[Row], *names: str) -> None:
        self._model = model
        self._fields: list[Any] = [field for field in model._meta.concrete_fields if not names or field.name in names]
        self._attributes = [field.attname for field in self._fields]
        self._converters: list[tuple[int, Any]] | None = None
        self._filled = [field for field in self._fields if not field.primary_key]

    def of(self, alias: str) -> str:
        """For SELECT and RETURNING."""
        return ", ".join(f'{alias}."{field.column}"' for field in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def row(self, values: Sequence[Any]) -> Row:
        """An instance of what `of` selected."""
        if self._converters is None:
            self._converters = [
                (place, convert)
                for place, field in enumerate(self._fields)
                for convert in field.get_db_converters(connection)
            ]
        found = list(values)
        for place, convert in self._converters:
            found[place] = convert(found[place], None, connection)
        return self._model.from_db(connection.alias, self._attributes, found)

    def read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        """Instances from a statement that selects just these columns."""
        return [self.row(values) for values in run(statement, parameters)]

    # Writing; the primary key is the database's to give ------------------------------------------------------------

    @property
    def filled(self) -> str:
        """For INSERT."""
        return ", ".join(f'"{field.column}"' for field in self._filled)

    def slots(self, **given: str) -> str:
        """For VALUES or SELECT: a placeholder with its type for each of `filled`, `given` SQL in place of some."""
        return ", ".join(given.get(field.column) or f"%s::{_type(field)}" for field in self._filled)

    @property
    def assignments(self) -> str:
        """For UPDATE."""
        return ", ".join(f'"{field.column}" = %s' for field in self._filled)

    def values(self, row: Row, *, without: Sequence[str] = ()) -> list[Any]:
        """What fills `slots` (`without` are the columns given there) or `assignments`."""
        return [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for field in self._filled
            if field.column not in without
        ]


def _type(field: Any) -> str:
    """Without a length: a cast would cut what is too long, where an assignment refuses it."""
    kind = field.db_type(connection) if field.remote_field is None else field.target_field.rel_db_type(connection)
    return str(kind).partition("(")[0]
