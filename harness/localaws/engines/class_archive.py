"""Java's archive of Spark's classes: a JVM that has it maps some 15,000 parsed classes into memory instead of reading 270 jars.

`make install` lets one JVM run a little of what jobs do and writes down the classes that it loaded (AppCDS). A JVM takes the
archive when its class path begins with the very jars it was made of, and else starts as it would without. In a checkout whose path has
a space there is none.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from localaws.engines.spark_home import java_home, spark_home

__all__ = ["archive_options", "class_path", "is_archivable", "make_archive"]

# A JVM that cannot use the archive says so on standard output, in the middle of what a script prints.
_SILENT = "-Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off"
_TRAINING = Path(__file__).with_name("class_training.py")


def class_path(jars: Sequence[Path]) -> str:
    """`jars` and those of Spark, one by one and in order of their names, since the archive belongs to exactly these."""
    return os.pathsep.join(map(str, (*jars, *sorted((spark_home() / "jars").glob("*.jar")))))


def archive_options(folder: Path, path: str) -> str:
    """Java options by which a JVM with the class path `path` finds its archive in `folder`; none when it was not made."""
    if not is_archivable(path):
        return ""
    archive = _archive(folder, path)
    return f'{_SILENT} "-XX:SharedArchiveFile={archive}"' if archive.exists() else ""


def is_archivable(path: str) -> bool:
    """Whether Java can archive classes of these jars: it compares their folder with a URL, where a space is %20, and finds another."""
    return re.fullmatch(r"[\w./:+@=~-]*", path, re.ASCII) is not None


def make_archive(folder: Path, path: str) -> Path:
    """Make the archive for `path`, unless it is there; older ones are deleted.

    Raises:
        subprocess.CalledProcessError: Java or the training failed; its output is in the error.
    """
    archive = _archive(folder, path)
    if archive.exists():
        return archive
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jsa"):
        old.unlink()
    draft = archive.with_suffix(f".{os.getpid()}")
    java = str(java_home() / "bin" / "java")
    subprocess.run([java, "-Xshare:dump"], check=True, capture_output=True, text=True)  # what Java itself has; ours is put on top of it
    environment = {**os.environ, "JAVA_HOME": str(java_home()), "SPARK_HOME": str(spark_home()), "SPARK_LOCAL_IP": "127.0.0.1"}
    for name in ("SPARK_CONF_DIR", "JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "PYSPARK_SUBMIT_ARGS"):
        environment.pop(name, None)
    subprocess.run([sys.executable, "-P", str(_TRAINING), str(draft), path], env=environment, check=True, capture_output=True, text=True)
    draft.replace(archive)
    return archive


def main() -> int:
    """Make the archive for the engines of this checkout."""
    from localaws.engines.spark_conf import driver_class_path
    from localaws.home import Home

    home = Home.resolve()
    path = driver_class_path(home)
    if not is_archivable(path):
        return 0
    try:
        print(make_archive(home.dist, path))
    except subprocess.CalledProcessError as error:
        print(f"{error}\n{error.stdout}\n{error.stderr}", file=sys.stderr)
        return 1
    return 0


def _archive(folder: Path, path: str) -> Path:
    stamps = ((name, os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in path.split(os.pathsep))
    return folder / f"{hashlib.sha256(repr([str(java_home()), *stamps]).encode()).hexdigest()[:16]}.jsa"


if __name__ == "__main__":
    sys.exit(main())
