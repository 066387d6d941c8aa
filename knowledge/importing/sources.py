"""What a run can read from. Files and sites are known here; other apps register theirs, since imports go one way."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final, Protocol

from knowledge import models
from knowledge.errors import SourceUnavailable
from knowledge.fetching import Fetcher
from knowledge.importing.converter import Converter
from knowledge.importing.drafts import ImportOptions, ReadItem
from knowledge.importing.files import DiskFile, expected_items, read_file
from knowledge.importing.running import FILES_ORIGIN
from knowledge.importing.sites import Site


class Source(Protocol):
    """Where articles of one run come from."""

    def items(self) -> Iterator[ReadItem]:
        """Everything there is, once. Raises `SourceUnavailable`."""

    def origin(self) -> str:
        """Under this name an id is unique, in whichever run."""

    def is_gone(self, external_id: str) -> bool:
        """Asks whether an article that was not among the items is really gone."""


#: Opens the source of a run; told how many items to expect. Raises `SourceUnavailable`.
Opener = Callable[[models.ImportRun, Callable[[int], object]], AbstractContextManager[Source]]

#: Addresses that people may choose from, with their names; for kinds whose addresses nobody types.
Addresses = Callable[[], list[tuple[str, str]]]

_openers: Final[dict[str, Opener]] = {}
_addresses: Final[dict[str, Addresses]] = {}


def register_source(kind: str, opener: Opener, *, addresses: Addresses = list) -> None:
    """For the apps above this one, when they are ready."""
    _openers[kind] = opener
    _addresses[kind] = addresses


def addresses_of(kind: str) -> list[tuple[str, str]]:
    return _addresses[kind]() if kind in _addresses else []


def open_source(run: models.ImportRun, on_total: Callable[[int], object]) -> AbstractContextManager[Source]:
    opener = _openers.get(run.kind)
    if opener is None:
        raise SourceUnavailable(f"nothing here imports from {run.kind}")
    return opener(run, on_total)


def options_of(run: models.ImportRun) -> ImportOptions:
    return ImportOptions(
        collection=run.collection,
        status=run.status,
        language=run.language,
        visibility=run.visibility,
        tiers=tuple(run.tiers),
        base_url=run.base_url,
    )


class Uploads:
    """The files that came with a run, unpacked from the database into a folder of their own."""

    def __init__(self, run: models.ImportRun, folder: Path, converter: Converter) -> None:
        self._run, self._folder, self._converter = run, folder, converter

    def items(self) -> Iterator[ReadItem]:
        for number, upload in enumerate(self._run.uploads.iterator(chunk_size=1)):
            path = self._folder / str(number)  # never the name that somebody gave
            path.write_bytes(bytes(upload.content))
            file = DiskFile(name=upload.name, place=upload.name, path=path)
            yield from read_file(file, options_of(self._run), self._converter, asked_for=True)
            path.unlink()

    def origin(self) -> str:
        return FILES_ORIGIN

    def is_gone(self, external_id: str) -> bool:
        return False  # what is missing from some files was not necessarily removed


@contextmanager
def _uploads(run: models.ImportRun, on_total: Callable[[int], object]) -> Iterator[Source]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-import-")))
        converter = stack.enter_context(Converter())
        on_total(sum(expected_items(one.name, bytes(one.content)) for one in run.uploads.iterator(chunk_size=1)))
        yield Uploads(run, folder, converter)


@contextmanager
def _site(run: models.ImportRun, on_total: Callable[[int], object]) -> Iterator[Source]:
    with Fetcher() as fetcher, Converter() as converter:
        yield Site(
            address=run.address, options=options_of(run), fetcher=fetcher, converter=converter, on_total=on_total
        )


register_source(models.ImportRun.Kind.FILES, _uploads)
register_source(models.ImportRun.Kind.SITE, _site)
