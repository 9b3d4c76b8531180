"""Under which user PostgreSQL runs, and where its files then have to be.

PostgreSQL refuses to run as root, and its `initdb` refuses a user id that has no entry in the password file. No user is added
and no permission of a folder that is not ours is changed: as root it runs as `nobody` in a folder of its own under /var/tmp;
under a nameless user id `initdb` alone runs in a user namespace in which that id has a name.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import pwd
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localaws.exceptions import EngineError, EngineStartError

__all__ = ["Identity", "name_this_user", "outside_folder", "remove_outside", "unprivileged"]

OUTSIDE = Path("/var/tmp")
CLONE_NEWUSER = 0x10000000


@dataclass(frozen=True)
class Identity:
    """A user that programs are started as."""

    uid: int
    gid: int


def unprivileged() -> Identity | None:
    """Whom to become, or None when this process is not root and stays who it is."""
    if os.geteuid() != 0:
        return None
    entry = _named_user()
    return Identity(entry.pw_uid, entry.pw_gid)


def outside_folder(engine: str, home: Path, identity: Identity) -> Path:
    """A folder of this home's that `identity` can reach, made when it is not there. Owned by root; only its content is given away.

    Raises:
        EngineError: something else has that name, for example a folder that another user made.
    """
    folder = OUTSIDE / f"etl-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != 0 or found.st_mode & 0o022:
        raise EngineError(engine, f"{folder} is not root's own folder, so it is not used. Look who made it and delete it.")
    folder.chmod(0o711)
    own = folder / engine
    own.mkdir(mode=0o700, exist_ok=True)
    os.chown(own, identity.uid, identity.gid)
    return own


def remove_outside(engine: str, home: Path) -> None:
    """Delete what `outside_folder` made; does nothing when there is none or when it is not ours."""
    folder = OUTSIDE / f"etl-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid():
        return
    if (folder / engine).exists():
        shutil.rmtree(folder / engine)
    if not any(folder.iterdir()):
        folder.rmdir()


def name_this_user() -> Callable[[], None] | None:
    """For `preexec_fn`: nothing when this process's user has a name, else a function that gives it one in a user namespace."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return _enter_namespace()
    return None


def _enter_namespace() -> Callable[[], None]:
    uid, gid, named = os.geteuid(), os.getegid(), _named_user()
    unshare = ctypes.CDLL(None, use_errno=True).unshare

    def enter() -> None:
        if unshare(CLONE_NEWUSER) != 0:
            os.write(2, os.strerror(ctypes.get_errno()).encode() + b"\n")
            os._exit(126)
        Path("/proc/self/uid_map").write_text(f"{named.pw_uid} {uid} 1")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"{named.pw_gid} {gid} 1")

    return enter


def _named_user() -> pwd.struct_passwd:
    """`nobody`, or the least privileged system user that has a name."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
        if not others:
            raise EngineStartError("postgres", "it does not run as root and the system has no other user") from None
        return max(others, key=lambda entry: entry.pw_uid)
