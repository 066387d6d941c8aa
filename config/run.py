"""`python -m config.run`, or `manage.py run`: everything on one machine, until Ctrl-C."""

import signal
import sys

from config import env
from config.console import Console
from config.errors import ConfigurationError
from config.programs import PROGRAMS
from config.reachable import require_database, require_redis
from config.supervisor import System


def main() -> int:
    """Returns the exit code. Errors that the operator can cure are one line on standard error."""
    console = Console(sys.stderr)
    try:
        system = system_from_settings(console)
    except ConfigurationError as error:
        return _fail(error)
    from config import settings

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    is_told = False
    try:
        system.start()
        system.wait_ready()
        console.block(_addresses(system, public_url=settings.PUBLIC_URL))
        is_told = True
        system.wait()
        return _fail(system.failure)
    except ConfigurationError as error:
        return _fail(error)
    except KeyboardInterrupt:
        console.line("handrail", "stopping")
        return 0
    finally:
        if system.admin_password and not is_told:
            # The next start finds the account, and cannot show what it does not know.
            console.block(f"handrail: the account admin was made; its password: {system.admin_password}\n")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        system.stop()


def system_from_settings(console: Console) -> System:
    """Every setting is read, and every address tried, before anything is started."""
    from config import settings

    workers = env.whole_number("HANDRAIL_WORKERS", 1, least=1, most=64)
    if settings.HANDRAIL_PORT == settings.SANDBOX_PORT:
        raise ConfigurationError(f"SANDBOX_PORT and HANDRAIL_PORT are both {settings.SANDBOX_PORT}; change one of them")
    if settings.DATABASE_URL:
        require_database(settings.DATABASE_URL)
    if settings.REDIS_URL:
        require_redis(settings.REDIS_URL)
    return System(
        data_directory=settings.HANDRAIL_DATA_DIR,
        web_port=settings.HANDRAIL_PORT,
        sandbox_port=settings.SANDBOX_PORT,
        programs=[name for name in PROGRAMS if name != "sandbox" or not settings.INTERCOM_TOKEN],
        database_url=settings.DATABASE_URL,
        redis_url=settings.REDIS_URL,
        workers=workers,
        durable=env.flag("EMBEDDED_DURABLE", True),
        console=console,
    )


def _addresses(system: System, *, public_url: str) -> str:
    rows, url = [], public_url or system.url
    if "sandbox" in system.processes:
        rows.append(("write as a customer", f"{system.sandbox_url}/"))
    rows.append(("admin", f"{url}/admin/"))
    rows.append(("review desk", f"{url}/desk/"))
    rows.append(("webhooks", f"{url}/webhooks/intercom"))
    if system.admin_password:
        rows.append(("sign in as", f"admin   password {system.admin_password}   (shown this once)"))
    return "\n".join(["", "Handrail runs. Ctrl-C stops it.", *(f"  {name:<20} {value}" for name, value in rows), ""])


def _interrupt(number: int, frame: object) -> None:
    """The first signal ends the main thread's waiting; the second changes nothing, as all is being stopped."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _fail(reason: object) -> int:
    sys.stderr.write(f"handrail: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
