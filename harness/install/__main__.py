"""Install into `.venv` and `.local` of the checkout, unless that is done for just these lock files.

Run by install.sh with the system's Python 3.11, so with the standard library only. Every step can be repeated; the stamp is
written last.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from install.checks import check_folder, check_platform
from install.exceptions import CommandFailedError, InstallError

__all__ = ["install", "main"]

INPUTS = ("requirements/local.txt", "requirements/jars.lock", "harness/install", "harness/localaws/engines/class_training.py")


def main(argv: list[str]) -> int:
    """Install into the checkout named by argv[0]; 0, or 1 with an error that says what to do."""
    checkout = Path(argv[0])
    try:
        check_platform()
        check_folder(checkout)
        with _one_at_a_time(checkout):
            install(checkout)
    except InstallError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def install(checkout: Path) -> None:
    """Virtual environment, packages by hash, import paths, jars; nothing when the stamp says that it is done."""
    stamp = checkout / ".venv" / "installed.json"
    wanted = {"checkout": str(checkout), "inputs": _digest(checkout)}
    with contextlib.suppress(FileNotFoundError, ValueError):
        if json.loads(stamp.read_text()) == wanted:
            return
    began = time.monotonic()
    python = checkout / ".venv" / "bin" / "python"
    stamp.unlink(missing_ok=True)
    _say("making .venv")
    _run("Making the virtual environment", [sys.executable, "-m", "venv", str(checkout / ".venv")])
    _say("installing Python packages (about 609 MB to download when pip's cache is empty)")
    requirements = str(checkout / "requirements" / "local.txt")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--retries", "10", "-r", requirements]
    _run("Installing the Python packages", pip)
    _write_import_paths(checkout, python)
    _run("Fetching the jars", [str(python), "-m", "install.jars", str(checkout)], show=True)
    _say("writing down Spark's classes, for JVMs to start in half the time")
    _run("Making the archive of classes", [str(python), "-P", "-m", "localaws.engines.class_archive"])
    stamp.write_text(json.dumps(wanted))
    _say(f"installed in {time.monotonic() - began:.0f} s")


def _digest(checkout: Path) -> str:
    digest = hashlib.sha256()
    for name in INPUTS:
        path = checkout / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(checkout).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _write_import_paths(checkout: Path, python: Path) -> None:
    """`libs` and `harness` are importable, and nothing is built for it."""
    found = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True
    )
    Path(found.stdout.strip(), "checkout.pth").write_text(f"{checkout / 'libs'}\n{checkout / 'harness'}\n")


def _run(what: str, command: list[str], show: bool = False) -> None:
    """Run with a home that can be written: pip wants one, and a container's user may have none."""
    environment = dict(os.environ)
    environment.pop("PYTHONHOME", None)
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    if not os.access(environment.get("HOME", "/nonexistent"), os.W_OK):
        environment["PIP_NO_CACHE_DIR"] = "1"
    output: dict[str, Any] = {} if show else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(command, env=environment, text=True, check=False, **output)
    if done.returncode != 0:
        raise CommandFailedError(what, command, done.returncode, done.stdout or "see above")


@contextlib.contextmanager
def _one_at_a_time(checkout: Path) -> Iterator[None]:
    (checkout / ".local").mkdir(exist_ok=True, mode=0o700)
    with (checkout / ".local" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"install: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
