"""ZIP archives: each file in it, read in memory and never written anywhere. Bombs and tricks are refused one by one."""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from knowledge.errors import FileUnreadable
from knowledge.importing.drafts import Problem

ARCHIVE_MAX_FILES: Final = 20_000
#: Bytes that one file of an archive may have when unpacked, and all together.
MEMBER_MAX_BYTES: Final = 50_000_000
ARCHIVE_MAX_BYTES: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, unpacked when it is opened."""

    name: str
    place: str
    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo

    @property
    def size(self) -> int:
        return self.entry.file_size

    def open(self) -> BinaryIO:
        """Raises `FileUnreadable` for what is not as the archive's table says."""
        if self.entry.flag_bits & 1:
            raise FileUnreadable("is protected by a password; pack it without one")
        try:
            with self.archive.open(self.entry) as stream:
                # The table's own size bounds what is unpacked, and it was checked.
                return io.BytesIO(stream.read())
        except (RuntimeError, NotImplementedError, zlib.error, EOFError, ValueError) as error:
            raise FileUnreadable(f"cannot be unpacked ({type(error).__name__}); pack it anew") from error
        except zipfile.BadZipFile as error:
            raise FileUnreadable("is damaged in its archive; pack it anew") from error


def read_archive(stream: BinaryIO, place: str) -> Iterator[Member | Problem]:
    """Files in the order of their names. Raises `FileUnreadable` where the archive as a whole cannot be used."""
    try:
        archive = zipfile.ZipFile(stream)
        entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise FileUnreadable("is damaged or no ZIP archive") from error
    entries = [entry for entry in entries if not entry.is_dir() and not _is_hidden(entry.filename)]
    if not entries:
        raise FileUnreadable("holds no files")
    if len(entries) > ARCHIVE_MAX_FILES:
        raise FileUnreadable(f"holds {len(entries)} files; at most {ARCHIVE_MAX_FILES} are read; split it")
    if (size := sum(entry.file_size for entry in entries)) > ARCHIVE_MAX_BYTES:
        raise FileUnreadable(f"unpacks to {size} bytes; at most {ARCHIVE_MAX_BYTES} are read; split it")
    top = _common_folder([entry.filename for entry in entries])
    with archive:
        for entry in entries:
            name = entry.filename.replace("\\", "/").removeprefix(top)
            where = f"{place} › {entry.filename}"
            problem = _refusal(entry, name)
            if problem:
                yield Problem(place=where, field="file", problem=problem)
            else:
                yield Member(name, where, archive, entry)


def _refusal(entry: zipfile.ZipInfo, name: str) -> str:
    """Why this entry is not read; "" if it is. Nothing is written to disk, but a name becomes an id."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":"):
        return "has a name that leads out of the archive; pack it anew"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link to another file; pack the file itself"
    if entry.file_size > MEMBER_MAX_BYTES:
        return f"unpacks to {entry.file_size} bytes; at most {MEMBER_MAX_BYTES} are read; split it"
    return ""


def _is_hidden(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or (parts[-1].startswith(".") and parts[-1] not in ("", ".."))


def _common_folder(names: list[str]) -> str:
    """The one folder that everything lies in: a packed folder and the folder itself give the same ids."""
    tops = {name.split("/", 1)[0] if "/" in name else "" for name in names}
    top = tops.pop() if len(tops) == 1 else ""
    return f"{top}/" if top and top != ".." else ""
