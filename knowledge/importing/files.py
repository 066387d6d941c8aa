"""Files, folders and ZIP archives -> drafts. What a file holds is told by its content, then by its ending."""

import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from knowledge.errors import FileUnreadable
from knowledge.importing.archives import read_archive
from knowledge.importing.conversion import Converted
from knowledge.importing.converter import Converter
from knowledge.importing.csv_rows import read_csv
from knowledge.importing.drafts import FoundArticle, ImportOptions, Problem, ReadItem, checked
from knowledge.importing.json_lines import read_json_lines
from knowledge.importing.markdown_pages import read_markdown
from knowledge.importing.names import address_under, words_of_name
from knowledge.importing.texts import decoded

#: Bytes of one file that must be in memory as a whole: all kinds but JSON lines and ZIP.
FILE_MAX_BYTES: Final = 50_000_000
#: Files of one folder, with its folders.
FOLDER_MAX_FILES: Final = 20_000


class Kind(StrEnum):
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    JSON_LINES = "jsonl"
    PDF = "pdf"
    DOCX = "docx"
    ZIP = "zip"


_ENDINGS: Final = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".mdx": Kind.MARKDOWN,
    ".txt": Kind.MARKDOWN,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".jsonl": Kind.JSON_LINES,
    ".ndjson": Kind.JSON_LINES,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".zip": Kind.ZIP,
}
ENDINGS: Final = tuple(_ENDINGS)
#: What lies beside articles in every folder of documentation: no articles, and no problem.
_PASSED_OVER: Final = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".avif", ".bmp", ".mp4", ".webm", ".mp3", ".wav"),
        *(".css", ".scss", ".less", ".js", ".mjs", ".ts", ".map", ".woff", ".woff2", ".ttf", ".eot", ".otf"),
        *(".yml", ".yaml", ".toml", ".lock", ".xml", ".json"),
    }
)
_HEAD_BYTES: Final = 4_096


class Bytes(Protocol):
    """A file that can be opened, whatever it lies in."""

    @property
    def name(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def size(self) -> int: ...
    def open(self) -> BinaryIO: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFile:
    """A file on this machine."""

    name: str  #: its path in what is imported, with slashes: the id of the article in it
    place: str
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        return self.path.open("rb")


def read_path(path: Path, options: ImportOptions, converter: Converter) -> Iterator[ReadItem]:
    """All articles of a file, a ZIP or a folder, in a fixed order. Raises `OSError` where `path` cannot be read."""
    if path.is_dir():
        for item in _files_of(path):
            if isinstance(item, Problem):
                yield item
            else:
                yield from read_file(item, options, converter)
    else:
        path.open("rb").close()
        file = DiskFile(name=path.name, place=path.name, path=path)
        yield from read_file(file, options, converter, asked_for=True)


def read_file(
    file: Bytes, options: ImportOptions, converter: Converter, *, inside_zip: bool = False, asked_for: bool = False
) -> Iterator[ReadItem]:
    """The articles of one file. What is wrong with it is one `Problem`; what came before it stays good.

    `asked_for`: people named this very file; else pictures and the like are passed over in silence.
    """
    try:
        kind = _kind_of(file, asked_for=asked_for)
        if kind is None:
            return
        if kind is Kind.ZIP:
            if inside_zip:
                raise FileUnreadable("is an archive inside an archive; unpack it and pack its files directly")
            with file.open() as stream:
                for member in read_archive(stream, file.place):
                    if isinstance(member, Problem):
                        yield member
                    else:
                        yield from read_file(member, options, converter, inside_zip=True)
        elif kind is Kind.JSON_LINES:
            with file.open() as stream:
                yield from read_json_lines(stream, file.place, options)
        else:
            yield from _read_whole(file, kind, options, converter)
    except FileUnreadable as error:
        yield Problem(place=file.place, field="file", problem=str(error), external_id=file.name[:500])
    except zipfile.BadZipFile as error:
        problem = f"is damaged in its archive ({error}); pack it anew"
        yield Problem(place=file.place, field="file", problem=problem, external_id=file.name[:500])
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Problem(place=file.place, field="file", problem=f"cannot be read: {reason}", external_id=file.name[:500])


def _read_whole(file: Bytes, kind: Kind, options: ImportOptions, converter: Converter) -> Iterator[ReadItem]:
    data = _content(file)
    if kind is Kind.CSV:
        yield from read_csv(decoded(data), file.place, options)
        return
    url = address_under(options.base_url, file.name)
    if kind is Kind.MARKDOWN:
        text = decoded(data)
        if not text.strip():
            raise FileUnreadable("is empty")
        found = read_markdown(text, name=file.name, place=file.place)
        yield checked(_with_default(found, "url", url), options)
        return
    yield checked(found_in(converter.convert(kind.value, data, url=url), name=file.name, place=file.place), options)


def found_in(document: Converted, *, name: str, place: str, note: str = "") -> FoundArticle:
    """A converted document as an article named `name`. Raises `FileUnreadable` where it says nothing."""
    if not document.markdown.strip():
        raise FileUnreadable("holds no words")
    return FoundArticle(
        fields={"body": document.markdown, "title": document.title[:500]},
        defaults={"id": name, "title": words_of_name(name), "url": document.url, "language": document.language.lower()},
        place=place,
        note=note,
    )


def _with_default(found: FoundArticle, name: str, value: str) -> FoundArticle:
    return FoundArticle(
        fields=found.fields, defaults={**found.defaults, name: value}, place=found.place, note=found.note
    )


def _content(file: Bytes) -> bytes:
    if file.size > FILE_MAX_BYTES:
        raise FileUnreadable(f"has {file.size} bytes; at most {FILE_MAX_BYTES} are read; split it")
    with file.open() as stream:
        data = stream.read(FILE_MAX_BYTES + 1)
    if len(data) > FILE_MAX_BYTES:
        raise FileUnreadable(f"has more than {FILE_MAX_BYTES} bytes; split it")
    return data


def _kind_of(file: Bytes, *, asked_for: bool) -> Kind | None:
    """None for what is passed over. Raises `FileUnreadable` for what cannot be imported."""
    ending = PurePosixPath(file.name).suffix.lower()
    if ending in _PASSED_OVER and not asked_for:
        return None
    with file.open() as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.strip(b" \t\r\n\0"):
        raise FileUnreadable("is empty")
    if b"%PDF-" in head[:1_024]:
        return Kind.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if ending == ".docx" or (ending != ".zip" and _is_word_document(file)):
            return Kind.DOCX
        return Kind.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileUnreadable("is an old Word file (.doc), or a protected one; save it as .docx without a password")
    named = _ENDINGS.get(ending)
    if named in (Kind.PDF, Kind.DOCX, Kind.ZIP):
        raise FileUnreadable(f"is named {ending} but holds something else, or is damaged")
    if named is not None:
        return named
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return Kind.HTML
    if (asked_for or not ending) and start.startswith(b"{"):
        return Kind.JSON_LINES
    raise FileUnreadable(f"is of a kind that is not imported; use one of {', '.join(ENDINGS)}")


def _is_word_document(file: Bytes) -> bool:
    try:
        with file.open() as stream, zipfile.ZipFile(io.BytesIO(stream.read(FILE_MAX_BYTES))) as package:
            return "word/document.xml" in package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def _files_of(folder: Path) -> Iterable[DiskFile | Problem]:
    """Every file that is not hidden, sorted by path; links are not followed."""
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            path = Path(root) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            count += 1
            inside = path.relative_to(folder).as_posix()
            if count > FOLDER_MAX_FILES:
                problem = f"and all after it were not read: a folder may hold {FOLDER_MAX_FILES} files"
                yield Problem(place=inside, field="file", problem=problem)
                return
            yield DiskFile(name=inside, place=inside, path=path)


def expected_items(name: str, content: bytes) -> int:
    """About how many items a file holds, for a progress bar: told by its ending, without reading it."""
    ending = PurePosixPath(name).suffix.lower()
    if _ENDINGS.get(ending) is Kind.JSON_LINES:
        return content.count(b"\n") + (not content.endswith(b"\n"))
    if _ENDINGS.get(ending) is Kind.CSV:
        return max(1, content.count(b"\n") - 1)
    if _ENDINGS.get(ending) is Kind.ZIP:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return sum(not entry.is_dir() for entry in archive.infolist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            return 1
    return 1
