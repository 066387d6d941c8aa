#!/usr/bin/env python
"""Run a Handrail command; `manage.py help` lists them, and `manage.py run` starts everything on this machine.

Where no DATABASE_URL or REDIS_URL is set, the embedded services are found, or started for the command's duration.
"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.errors import ConfigurationError

    try:
        from config.embedded import services_for_command  # the services must exist before settings are read

        if sys.argv[1:2] == ["run"]:
            if len(sys.argv) > 2:
                sys.exit("usage: manage.py run   (everything on this machine, until Ctrl-C; settings steer it)")
            from config.run import main as run  # the supervisor itself needs no Django

            sys.exit(run())
        with services_for_command(sys.argv):
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"handrail: {error}")


if __name__ == "__main__":
    main()
