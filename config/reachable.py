"""Whether the PostgreSQL and the Redis that an operator named can be used; if not, one line says what to do.

No message quotes an address or a driver's own words: both may hold a password.
"""

from collections.abc import Mapping

from config.errors import ConfigurationError

CONNECT_SECONDS = 5

# One row: whether pgvector is installed in this database, whether it could be, whether this role may install it.
_VECTOR = """
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector'),
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector'),
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       OR (has_database_privilege(current_database(), 'CREATE')
           AND EXISTS (SELECT FROM pg_available_extension_versions WHERE name = 'vector' AND trusted))
"""


def require_database(address: str) -> None:
    """Raises ConfigurationError unless `address` leads to a database that has, or can be given, pgvector."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        place = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "DATABASE_URL cannot be read; it must look like postgresql://user:password@host/name"
        ) from None
    where = f"{place.get('host') or 'the local socket'}:{place.get('port') or 5432}"
    try:
        with psycopg.connect(address, connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
            row = connection.execute(_VECTOR).fetchone()
    except psycopg.OperationalError as error:
        raise ConfigurationError(f"DATABASE_URL: {_why_not(str(error), where, place)}") from None
    assert row is not None
    installed, available, permitted = row
    if not installed and not available:
        raise ConfigurationError(
            f"DATABASE_URL: PostgreSQL at {where} has no extension vector; install pgvector on that server"
        )
    if not installed and not permitted:
        raise ConfigurationError(
            "DATABASE_URL: its role may not create the extension vector; "
            "let a superuser run CREATE EXTENSION vector in that database"
        )


def _why_not(words: str, where: str, place: Mapping[str, object]) -> str:
    """libpq tells most failures apart by their words alone; translated servers fall through to the last line."""
    if "authentication failed" in words or "no password supplied" in words:
        return f"PostgreSQL at {where} refuses this user and password; correct them"
    if "does not exist" in words and "database" in words:
        return f"PostgreSQL at {where} has no database {place.get('dbname')}; create it, or correct the name"
    if "does not exist" in words and "role" in words:
        return f"PostgreSQL at {where} has no role {place.get('user')}; create it, or correct the name"
    if "too many clients" in words or "remaining connection slots" in words:
        return f"PostgreSQL at {where} has no connection left; raise its max_connections"
    return (
        f"no PostgreSQL can be reached at {where} within {CONNECT_SECONDS} s; "
        "start it, correct the address, or unset DATABASE_URL to use the embedded one"
    )


def require_redis(address: str) -> None:
    """Raises ConfigurationError unless `address` leads to a Redis that lets us in."""
    import redis

    client = redis.Redis.from_url(address, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS)
    options = client.connection_pool.connection_kwargs
    where = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    try:
        client.ping()
    except redis.AuthenticationError:
        raise ConfigurationError(f"REDIS_URL: Redis at {where} refuses this password; correct it") from None
    except redis.RedisError:
        raise ConfigurationError(
            f"REDIS_URL: no Redis can be reached at {where}; "
            "start it, correct the address, or unset REDIS_URL to use the embedded one"
        ) from None
    finally:
        client.close()
