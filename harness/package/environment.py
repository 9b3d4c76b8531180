"""A clean Python environment with named distributions in it and nothing else, made in a second and without a network.

A virtual environment without pip, whose site-packages hold links to the files of the distributions asked for, as their own records
list them. What is not asked for is not there, so an import that only works beside the harness fails in it.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterable, Sequence
from pathlib import Path

from package.exceptions import PackageError

__all__ = ["CleanEnvironment"]


class CleanEnvironment:
    """An environment below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.site_packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    def create(self, distributions: Iterable[str]) -> CleanEnvironment:
        """Makes it with the distributions (of the running environment) and all that they require."""
        venv.EnvBuilder(with_pip=False, symlinks=True, clear=True).create(self.folder)
        for name in sorted(_with_requirements(distributions)):
            self._link(name)
        return self

    def install(self, wheels: Path, requirements: Sequence[str]) -> None:
        """Installs wheels of a folder as an offline network would. Raises PackageError with pip's words."""
        options = ["install", "--quiet", "--disable-pip-version-check", "--no-index", "--find-links", str(wheels), *requirements]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(self.python), *options], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise PackageError("Installing " + " ".join(requirements), done.stderr or done.stdout, f"The wheels are in {wheels}.")

    def run(self, arguments: Sequence[str], cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Runs its Python with nothing of the caller's environment but the paths of programs."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        command = [str(self.python), *arguments]
        return subprocess.run(command, cwd=cwd, env={**kept, "HOME": str(cwd), **(env or {})}, capture_output=True, text=True, check=False)

    def _link(self, name: str) -> None:
        distribution = importlib.metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            source = Path(str(distribution.locate_file(top)))
            link = self.site_packages / top
            if source.exists() and not link.exists():
                link.symlink_to(source)


def _with_requirements(names: Iterable[str]) -> set[str]:
    """The closure over what the distributions require without extras."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        found.add(name)
        for requirement in importlib.metadata.requires(name) or ():
            if "extra ==" in requirement or not _is_installed(needed := re.split(r"[\s;<>=!~\[(]", requirement, maxsplit=1)[0]):
                continue
            waiting.append(needed)
    return found


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False  # for another platform or Python: its marker is not met here
    return True
