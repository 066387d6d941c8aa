"""Statements of every question: planned by PostgreSQL once in each connection, the search's under a time limit."""

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from django.db import OperationalError, connection, transaction
from pgvector import HalfVector
from psycopg.adapt import Dumper
from psycopg.pq import Format

from knowledge.conf import EF_SEARCH, EF_SEARCH_LARGE, LARGE_INDEX_VECTORS
from knowledge.errors import SearchTimedOut

#: They end with the transaction. The walk through a large index keeps more neighbours, else it finds fewer of the
#: nearest; PostgreSQL knows the index's size.
_SETTINGS: Final = f"""
    SELECT set_config('statement_timeout', %(timeout_milliseconds)s, TRUE),
           set_config('jit', 'off', TRUE),
           set_config('hnsw.iterative_scan', 'relaxed_order', TRUE),
           set_config('hnsw.ef_search', CASE WHEN EXISTS (
               SELECT FROM pg_class WHERE oid = to_regclass(%(walked_index)s) AND reltuples > {LARGE_INDEX_VECTORS}
           ) THEN '{EF_SEARCH_LARGE}' ELSE '{EF_SEARCH}' END, TRUE)
"""  # noqa: S608  built from constants of this app
_QUERY_CANCELED: Final = "57014"


class _BinaryHalfVector(Dumper):
    """A `HalfVector` as PostgreSQL receives it; as text, half of the statement's time went into writing numbers."""

    format = Format.BINARY

    def dump(self, obj: HalfVector) -> bytes:
        return bytes(obj.to_binary())


def run_bounded(
    statement: str,
    parameters: Mapping[str, Any],
    *,
    timeout_milliseconds: int,
    walked_index: str | None = None,
    is_constant: bool,
) -> list[tuple[Any, ...]]:
    """The rows, in one round trip. Raises `SearchTimedOut`.

    `is_constant`: the text is one of few, so its plan is kept; else it is planned anew, for these parameters.
    Inside a caller's transaction the settings are undone with a savepoint.
    """
    settings = {"timeout_milliseconds": str(timeout_milliseconds), "walked_index": walked_index}
    statements = (_SETTINGS, settings, True), (statement, parameters, is_constant)
    try:
        if not connection.in_atomic_block:
            return _rows(*statements)
        with transaction.atomic():
            rows = _rows(*statements)
            transaction.set_rollback(True)
            return rows
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _QUERY_CANCELED:
            raise SearchTimedOut(f"The search took more than {timeout_milliseconds} ms") from error
        raise


def run_kept(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose text is a constant; its plan is kept."""
    return _rows((statement, parameters, True))


def _rows(*statements: tuple[str, Mapping[str, Any], bool]) -> list[tuple[Any, ...]]:
    """Those of the last one. Statements of one pipeline are one transaction, so settings hold for the next and end."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    database = connection.connection
    with connection.wrap_database_errors:
        try:
            with database.pipeline():
                for statement, parameters, is_kept in statements:
                    cursor = psycopg.Cursor(database)
                    cursor.adapters.register_dumper(HalfVector, _BinaryHalfVector)
                    cursor.execute(statement, parameters, prepare=is_kept)
                return cursor.fetchall()
        except psycopg.errors.FeatureNotSupported:
            # A migration changed a column's type under a kept plan; a connection without it must not go back.
            database.close()
            raise
