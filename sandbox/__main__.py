"""`python -m sandbox`: play an Intercom workspace and a model server until told to stop."""

from __future__ import annotations

import sys

from sandbox.server import bind, build
from sandbox.settings import SettingsError, from_command_line


def main() -> int:
    """Exit code 0 after a stop that was asked for, 1 after a setting that cannot be used."""
    try:
        settings = from_command_line()
        listener = bind(settings)
        server = build(settings)
    except SettingsError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    host, port = listener.getsockname()[:2]
    sys.stdout.write(
        f"sandbox: messenger page and Intercom API at http://{host}:{port}/, model at http://{host}:{port}/v1, "
        f"webhooks to {settings.webhook_url or 'nowhere'}\n"
    )
    sys.stdout.flush()
    server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
