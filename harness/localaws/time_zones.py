"""Where the files of the time zones are, for libraries that look for them on the machine: pyarrow's reader and writer of ORC.

A machine without a time zone database (a slim image) cannot read an ORC file with timestamps, whatever its zone. The database of the
package `tzdata`, which is pinned, takes its place: liborc looks where TZDIR says.
"""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

__all__ = ["provide_zone_files", "zone_files"]

_OF_THE_MACHINE = Path("/usr/share/zoneinfo")
_NEEDED = "GMT"  # what liborc opens first: the zone of every file that is written without one


def zone_files(chosen: str | None, of_the_machine: Path) -> Path | None:
    """The folder that TZDIR has to name, None where what is there does already.

    >>> zone_files("/opt/zones", Path("/nowhere")) is None
    True
    >>> zone_files(None, Path("/nowhere")).name
    'zoneinfo'
    """
    if chosen or (of_the_machine / _NEEDED).is_file():
        return None
    return Path(str(files("tzdata"))) / "zoneinfo"


def provide_zone_files() -> None:
    """For this process and those that it starts; called before any of its threads runs, since it changes the environment."""
    folder = zone_files(os.environ.get("TZDIR"), _OF_THE_MACHINE)
    if folder is not None:
        os.environ["TZDIR"] = str(folder)
