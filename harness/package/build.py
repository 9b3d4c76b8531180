"""Makes `dist/`: the wheel of `libs/`, the wheels and jars it needs beside what Glue has, the scripts and the jobs' arguments.

    dist/wheels/    the library's wheel, and the pinned wheels of requirements/ship.in (fetched by hash)
    dist/jars/      for --extra-jars
    dist/glue_jobs/ the scripts
    dist/jobs.json  the jobs with their arguments, as deployment/jobs.json has them
    dist/manifest.json  every file with size and sha256
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.functions import build_functions
from package.audit import audit
from package.exceptions import PackageError

__all__ = ["CHECKOUT", "build", "build_wheel", "shipped_distributions"]

CHECKOUT = Path(__file__).resolve().parents[2]
_JARS = ("deequ-*.jar",)
_EPOCH = "315532800"  # 1980-01-01, the oldest time a zip can hold: the same sources give the same wheel


def build(target: Path, jars: Path, wheels_cache: Path) -> Path:
    """Makes the folder anew and returns it; a half-made one is never left. Raises PackageError or ForeignImportError."""
    distributions = shipped_distributions()
    audit([CHECKOUT / "libs", CHECKOUT / "glue_jobs"], distributions)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        build_wheel(draft / "wheels")
        _fetch_wheels(distributions, wheels_cache, draft / "wheels")
        _copy_jars(jars, draft / "jars")
        _copy_scripts(draft)
        build_functions(draft / "lambdas")
        _write_manifest(draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def build_wheel(folder: Path) -> Path:
    """The wheel of `libs/`, built from a copy so that the checkout stays clean, without a network."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(CHECKOUT / "setup.py", scratch)
        shutil.copytree(CHECKOUT / "libs", Path(scratch) / "libs", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder)]
        _pip("Building the wheel", ["wheel", *options, scratch], {"SOURCE_DATE_EPOCH": _EPOCH})
    return next(folder.glob("wholesale_etl-*.whl"))


def shipped_distributions() -> dict[str, str]:
    """Name and version of what requirements/ship.in pins."""
    lines = (line.split("#")[0].strip() for line in (CHECKOUT / "requirements" / "ship.in").read_text("utf-8").splitlines())
    return dict(line.split("==", 1) for line in lines if line)


def locked_requirements(distributions: dict[str, str], lock: Path) -> str:
    """The lock file's entries (with their hashes) of the given distributions."""
    text = lock.read_text("utf-8")
    entries = []
    for name, version in distributions.items():
        found = re.search(rf"^{re.escape(name)}=={re.escape(version)} \\\n(?:    --hash=\S+(?: \\)?\n)+", text, re.MULTILINE)
        if found is None:
            raise PackageError("Reading the lock", f"{lock.name} has no {name}=={version} with hashes", "Run `make lock`.")
        entries.append(found.group(0).rstrip().removesuffix("\\"))
    return "\n".join(entries) + "\n"


def _fetch_wheels(distributions: dict[str, str], cache: Path, folder: Path) -> None:
    """From the cache, and into it by hash the first time."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = {name: version for name, version in distributions.items() if not list(cache.glob(f"{name}-{version}-*.whl"))}
    if missing:
        requirements = cache / f".requirements.{os.getpid()}.txt"
        requirements.write_text(locked_requirements(missing, CHECKOUT / "requirements" / "local.txt"), "utf-8")
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(cache)]
        try:
            _pip("Fetching the wheels that ship", ["download", *options, "-r", str(requirements)])
        finally:
            requirements.unlink()
    for name, version in distributions.items():
        shutil.copy(next(cache.glob(f"{name}-{version}-*.whl")), folder)


def _copy_jars(jars: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for pattern in _JARS:
        found = list(jars.glob(pattern))
        if not found:
            raise PackageError("Copying the jars", f"{jars / pattern} is missing", "Run `make install`.")
        for jar in found:
            shutil.copy(jar, folder)


def _copy_scripts(draft: Path) -> None:
    jobs = CHECKOUT / "deployment" / "jobs.json"
    scripts = CHECKOUT / "glue_jobs"
    if not jobs.exists() or not scripts.exists():
        raise PackageError("Copying the scripts", f"{jobs} or {scripts} is missing", "Generate it: `./etl generate`.")
    shutil.copytree(scripts, draft / "glue_jobs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(jobs, draft / "jobs.json")


def _write_manifest(draft: Path) -> None:
    files = sorted(file for file in draft.rglob("*") if file.is_file())
    entries = [
        {
            "path": str(file.relative_to(draft)),
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files
    ]
    (draft / "manifest.json").write_text(json.dumps({"files": entries}, indent=1) + "\n", "utf-8")


def _pip(step: str, arguments: Sequence[str], env: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(step, done.stderr or done.stdout, "The command was: pip " + " ".join(arguments))
