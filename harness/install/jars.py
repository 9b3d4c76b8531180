"""Jars of `requirements/jars.lock` into `.local/jars`, and the database server inside one of them into `.local/dist`.

Resolved by Ivy, which PySpark brings with it, from its default repository or from those of `$ETL_IVY_SETTINGS` (an Ivy settings
file, for a mirror). Every jar is held to the lock's size and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from install.exceptions import CorruptJarError, InstallError
from install.ivy import resolve

__all__ = ["Jar", "check", "fetch", "main", "read_lock", "unpack_server"]

SERVER_PARTS = ("bin/mariadbd", "share/english/", "share/charsets/", "libs/libmariadb.so.3")


@dataclass(frozen=True)
class Jar:
    """One line of the lock. `use` is `spark` (on the driver's class path), `delta` (on that of runs which ask for it), `client` (a
    driver that tests use), `broker` (Kafka's server, likewise) or `server` (unpacked)."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int
    use: str

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.artifact}-{self.version}.jar"


def read_lock(path: Path) -> list[Jar]:
    """The jars of a lock file."""
    return [Jar(**entry) for entry in json.loads(path.read_text())["jars"]]


def check(jar: Jar, file: Path) -> None:
    """Hold a file to the lock.

    Raises:
        CorruptJarError: it differs. It is deleted.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if (size, digest) != (jar.size, jar.sha256):
        file.unlink()
        raise CorruptJarError(jar.file, f"{jar.size} bytes and sha256 {jar.sha256}", f"{size} bytes and {digest}")


def fetch(jars: Iterable[Jar], folder: Path, get: Callable[[list[Jar], Path], None] = resolve) -> None:
    """Bring exactly `jars` into `folder`, from `get` where they are not there yet; others are deleted.

    Raises:
        CorruptJarError: what came is not what the lock says.
    """
    jars = list(jars)
    folder.mkdir(parents=True, exist_ok=True)
    for stray in set(folder.glob("*.jar")) - {folder / jar.file for jar in jars}:
        stray.unlink()
    missing = [jar for jar in jars if not (folder / jar.file).exists() or (folder / jar.file).stat().st_size != jar.size]
    if missing:
        print(f"install: fetching {len(missing)} jars ({sum(jar.size for jar in missing) / 1e6:.0f} MB)", flush=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            get(missing, Path(draft))
            for jar in missing:
                check(jar, Path(draft, jar.file))
                Path(draft, jar.file).replace(folder / jar.file)
    for jar in jars:
        check(jar, folder / jar.file)


def unpack_server(jar: Path, folder: Path) -> None:
    """The parts of the server that are used, programs executable. A folder is there whole or not at all."""
    if (folder / "bin" / "mariadbd").exists():
        return
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            inside = name.partition("/linux/")[2]
            if inside.startswith(SERVER_PARTS) or (inside.startswith("share/") and inside.count("/") == 1 and inside.endswith(".sql")):
                if inside.endswith("/"):
                    continue
                target = draft / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                target.chmod(0o755 if inside.startswith("bin/") else 0o644)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def main(argv: list[str]) -> int:
    """Fetch and unpack for the checkout named by argv[0]."""
    checkout = Path(argv[0])
    local = checkout / ".local"
    jars = read_lock(checkout / "requirements" / "jars.lock")
    servers = [jar for jar in jars if jar.use == "server"]
    try:
        fetch([jar for jar in jars if jar.use == "spark"], local / "jars")
        fetch([jar for jar in jars if jar.use == "delta"], local / "jars" / "delta")
        fetch([jar for jar in jars if jar.use == "client"], local / "dist" / "clients")
        fetch([jar for jar in jars if jar.use == "broker"], local / "dist" / "broker")
        mark = local / "dist" / "unpacked"
        if not mark.exists() or mark.read_text() != servers[0].sha256:
            fetch(servers, local / "dist" / "jars")
            shutil.rmtree(local / "dist" / "mariadb", ignore_errors=True)
            unpack_server(local / "dist" / "jars" / servers[0].file, local / "dist" / "mariadb")
            shutil.rmtree(local / "dist" / "jars")  # 150 MB that nobody reads again
            mark.write_text(servers[0].sha256)
    except InstallError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
