"""`make package`."""

from __future__ import annotations

import sys

from localaws.home import Home
from package.build import CHECKOUT, build
from package.exceptions import PackageError

__all__ = ["main"]


def main() -> int:
    """Makes dist/ and lists it."""
    home = Home.resolve()
    try:
        folder = build(CHECKOUT / "dist", home.jars, home.cache / "wheels")
    except PackageError as error:
        print(error, file=sys.stderr)
        return 1
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{file.stat().st_size:>12,}  {file.relative_to(CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
