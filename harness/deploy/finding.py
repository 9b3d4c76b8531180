"""Where Terraform and its provider are: the program on the PATH, the provider from a folder of this machine when there is one.

A folder of providers holds `registry.terraform.io/hashicorp/aws`. It is the one that `$TF_PLUGIN_DIR` names, else Terraform's own
places (implied mirrors and the plugin cache), else one found by looking below the places where programs are installed. Without
one, `terraform init` asks the registry, or whatever the user's Terraform configuration says.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.exceptions import TerraformMissingError

__all__ = ["find_providers", "find_terraform"]

_HOST = "registry.terraform.io"
_WANTED = Path(_HOST) / "hashicorp" / "aws"
_PLACES = ("/opt", "/usr/local/share", "/usr/local/lib", "/usr/share", "/usr/lib", "/var/lib")
_DEEP = 3


def find_terraform() -> str:
    """The program. Raises TerraformMissingError."""
    found = shutil.which("terraform")
    if found is None:
        raise TerraformMissingError
    return found


def find_providers(environment: Mapping[str, str] = os.environ, places: tuple[str, ...] = _PLACES) -> Path | None:
    """The first folder that holds the AWS provider; None when there is none."""
    named = environment.get("TF_PLUGIN_DIR")
    for folder in [Path(named)] if named else [*_of_terraform(environment), *_below(places)]:
        if (folder / _WANTED).is_dir():
            return folder
    return None


def _of_terraform(environment: Mapping[str, str]) -> Iterator[Path]:
    """Places that Terraform looks at itself (its page "CLI Configuration", implied local mirror directories)."""
    if cache := environment.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cache)
    home = Path(environment.get("HOME", "/"))
    yield home / ".terraform.d" / "plugins"
    yield home / ".terraform.d" / "plugin-cache"
    yield Path(environment.get("XDG_DATA_HOME", str(home / ".local" / "share"))) / "terraform" / "plugins"


def _below(places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        yield from _folders(Path(place), _DEEP)


def _folders(folder: Path, deep: int) -> Iterator[Path]:
    """The folder and those below it; what cannot be read is passed over, as a search does."""
    yield folder
    if deep == 0:
        return
    try:
        inner = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink())
    except OSError:
        return
    for entry in inner:
        yield from _folders(entry, deep - 1)
