"""The lane of Airflow, whose packages cannot live with the harness's: an environment of their own, and the DAG's test in it.

`python -m package.airflow_lane` makes `.local/airflow` of `requirements/airflow.txt` (what `requirements/airflow.in` came to), once.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys

from package.build import CHECKOUT
from package.exceptions import PackageError

__all__ = ["FOLDER", "is_made", "main"]

FOLDER = CHECKOUT / ".local" / "airflow"
_LOCK = CHECKOUT / "requirements" / "airflow.txt"
_MARK = FOLDER / "made-of"


def is_made() -> bool:
    """Whether the environment is there, of this lock and this Python."""
    return _MARK.exists() and _MARK.read_text("utf-8") == _wanted()


def make() -> None:
    """Makes the environment anew. Raises PackageError with pip's words."""
    python = FOLDER / "bin" / "python"
    for command in ([sys.executable, "-m", "venv", "--clear", FOLDER], [python, "-m", "pip", "install", "-q", "-r", _LOCK]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PackageError("The environment of Airflow", done.stderr or done.stdout, "It needs the network the first time.")
    _MARK.write_text(_wanted(), "utf-8")


def main() -> int:
    """Runs the lane."""
    if not is_made():
        make()
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/package/test_airflow.py"], cwd=CHECKOUT, check=False).returncode


def _wanted() -> str:
    return f"{sys.version} {hashlib.sha256(_LOCK.read_bytes()).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main())
