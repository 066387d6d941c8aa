"""What must be in the database before anything runs: `python -m config.prepare [--sample-content]`.

Migrations, the account `admin` when nobody can sign in, and where asked for, sample articles unless there are articles.
Prints one JSON object on standard output, as its last line: {"admin_password": a new password, or null}.
"""

import json
import os
import secrets
import sys

from config.errors import ConfigurationError


def prepare(*, sample_content: bool) -> str | None:
    """Returns the password of the account `admin` when it was created now."""
    from django.core.management import call_command, get_commands

    _say_migrations()
    call_command("migrate", interactive=False, verbosity=0)
    if sample_content and "load_sample_content" in get_commands():
        call_command("load_sample_content")
        call_command("load_sample_intents")
    return _first_account()


def _say_migrations() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        sys.stderr.write(f"applying {len(plan)} migrations\n")


def _first_account() -> str | None:
    from django.contrib.auth import get_user_model
    from django.db import IntegrityError

    users = get_user_model().objects
    if users.filter(is_superuser=True, is_active=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    try:
        users.create_superuser(username="admin", email="", password=password)
    except IntegrityError:  # somebody who may not do everything is called that already
        return None
    return password


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import django

        django.setup()
        password = prepare(sample_content="--sample-content" in arguments)
    except ConfigurationError as error:
        sys.stderr.write(f"handrail: {error}\n")
        return 1
    sys.stdout.write(json.dumps({"admin_password": password}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
