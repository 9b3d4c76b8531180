"""The functions of `lambdas/` as zip files, the same bytes for the same sources, so that an unchanged one is not deployed again."""

from __future__ import annotations

import zipfile
from pathlib import Path

from localaws.home import CHECKOUT

__all__ = ["build_functions"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold


def build_functions(target: Path, sources: Path = CHECKOUT / "lambdas") -> list[Path]:
    """Write `<function>.zip` for each folder with a handler.py: its code and the certificates put beside it. Returns the files."""
    target.mkdir(parents=True, exist_ok=True)
    return [_build(handler.parent, target) for handler in sorted(sources.glob("*/handler.py"))]


def _build(folder: Path, target: Path) -> Path:
    package = target / f"{folder.name}.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted([*folder.rglob("*.py"), *folder.glob("*.pem")]):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return package
