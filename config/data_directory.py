"""The folder that one Handrail claims for itself before it starts anything in it."""

import os
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from config.embedded_service import locked
from config.errors import ConfigurationError


def claimed(data_directory: Path, *, models: Path | None) -> AbstractContextManager[object]:
    """The claim, which ends with the context. `models` is a folder of built models to share, if there are none yet.

    Raises `ConfigurationError` where another system runs there, or the folder cannot be written.
    """
    folder = data_directory / "run"
    held = ExitStack()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark = held.enter_context(locked(folder / "run.lock", seconds=1))
        mark.seek(0)
        mark.truncate()
        mark.write(str(os.getpid()))
        mark.flush()
        if models is not None and not (data_directory / "models").exists():
            (data_directory / "models").symlink_to(models.resolve())
    except TimeoutError:
        raise ConfigurationError(
            f"HANDRAIL_DATA_DIR: Handrail already runs in {data_directory}; "
            "stop that one with Ctrl-C, or choose another directory"
        ) from None
    except OSError as error:
        held.close()
        raise ConfigurationError(
            f"HANDRAIL_DATA_DIR: {folder} cannot be written ({error.strerror}); choose another directory"
        ) from error
    return held


def empty_metrics(data_directory: Path) -> None:
    """Web and workers count in files of one folder, one for each process; those of the last run would pile up."""
    folder = data_directory / "run" / "metrics"
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
