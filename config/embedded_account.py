"""PostgreSQL refuses to run as root: which account runs it then, and how that account reaches its files."""

import os
import pwd
import shutil
import stat
import struct
import subprocess
from pathlib import Path
from typing import Any

from config.errors import ConfigurationError

ACCOUNT = "handrail"
_TRAVERSE_SCRIPT = 'for path; do [ -x "$path" ] || { echo "$path"; exit; }; done'

# How Linux lays out an access control list in its extended attribute (linux/posix_acl_xattr.h).
_ACL_ATTRIBUTE = "system.posix_acl_access"
_ACL_VERSION = 2
_ACL_OWNER, _ACL_ACCOUNT, _ACL_GROUP, _ACL_MASK, _ACL_OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
_ACL_NOBODY = 0xFFFFFFFF


def account_for(data: Path) -> pwd.struct_passwd | None:
    """The account to run PostgreSQL as, or None for our own. Creates a system account where none will do.

    Only root needs another one: whoever owns `data` already, else `handrail`, else `nobody` where none can be made.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        try:
            return pwd.getpwuid(data.stat().st_uid)
        except KeyError as error:
            raise ConfigurationError(
                f"HANDRAIL_DATA_DIR: {data} belongs to account {data.stat().st_uid}, which this machine does not know; "
                "give it to a known account, or choose another directory"
            ) from error
    for create in (False, True):
        if create and (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")):
            command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
            subprocess.run(command, check=False, capture_output=True, timeout=30)  # noqa: S603 (nobody else's words)
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            continue
    return pwd.getpwnam("nobody")


def as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments of `subprocess` that run a program as `account`."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def let_account_reach(path: Path, account: pwd.struct_passwd | None) -> None:
    """Let `account` pass through every folder above `path`, and no more: it gains neither listing nor reading.

    A folder that is closed to it (`/root`, say) gets one access-control entry for this account alone; where the file
    system knows none, the folder becomes passable for everyone.
    """
    if account is None:
        return
    folders = [folder for folder in reversed(path.resolve().parents) if folder != Path("/")]
    for _ in folders:
        closed = _first_closed(folders, account)
        if closed is None:
            return
        try:
            os.setxattr(closed, _ACL_ATTRIBUTE, _with_traversal(closed, account.pw_uid))
        except (OSError, AttributeError):  # no such lists in this file system, or on this operating system
            closed.chmod(stat.S_IMODE(closed.stat().st_mode) | stat.S_IXOTH)
    closed = _first_closed(folders, account)
    if closed is not None:
        raise ConfigurationError(
            f"HANDRAIL_DATA_DIR: PostgreSQL's account {account.pw_name} cannot pass {closed}; "
            "choose a directory that every account can reach, or set DATABASE_URL"
        )


def let_account_read(tree: Path, account: pwd.struct_passwd | None) -> None:
    """Make PostgreSQL's programs readable, which they are not where packages were installed under a strict umask."""
    if account is None:
        return
    let_account_reach(tree / "any", account)
    if tree.stat().st_mode & stat.S_IXOTH and (tree / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _first_closed(folders: list[Path], account: pwd.struct_passwd) -> Path | None:
    """Ask the kernel, as `account`: it alone knows owners, modes, lists and mounts together."""
    found = subprocess.run(  # noqa: S603 (the script is fixed; folders are its arguments)
        ["/bin/sh", "-c", _TRAVERSE_SCRIPT, "sh", *map(str, folders)],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
        cwd="/",
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
    ).stdout.rstrip("\n")
    return Path(found) if found else None


def _with_traversal(folder: Path, user: int) -> bytes:
    """The folder's access-control list with one more entry: `user` may pass."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    try:
        present = os.getxattr(folder, _ACL_ATTRIBUTE)
        entries = [struct.unpack_from("<HHI", present, offset) for offset in range(4, len(present), 8)]
    except OSError:
        entries = [
            (_ACL_OWNER, mode >> 6, _ACL_NOBODY),
            (_ACL_GROUP, mode >> 3 & 7, _ACL_NOBODY),
            (_ACL_OTHERS, mode & 7, _ACL_NOBODY),
        ]
    mask = 1
    kept = []
    for tag, rights, who in entries:
        if tag == _ACL_MASK:
            mask |= rights
        elif (tag, who) != (_ACL_ACCOUNT, user):
            kept.append((tag, rights, who))
            mask |= rights if tag == _ACL_GROUP and not any(entry[0] == _ACL_MASK for entry in entries) else 0
    kept += [(_ACL_ACCOUNT, 1, user), (_ACL_MASK, mask, _ACL_NOBODY)]
    body = b"".join(struct.pack("<HHI", *entry) for entry in sorted(kept))
    return struct.pack("<I", _ACL_VERSION) + body
