"""The command `etl`.

A command is a module of this package that defines a click command under its own name: `up.py` has `up`, `spark_submit.py` has
`spark_submit` and is called `spark-submit`. Modules whose name begins with an underscore are helpers. A command's module is
imported when it is used, so that no command pays for another's imports.
"""

from __future__ import annotations

import importlib
import signal
import sys
from pathlib import Path

import click

__all__ = ["OWN_PACKAGES", "Commands", "etl", "main"]

# Errors of these packages are written to be read by users, so they are shown without a traceback.
OWN_PACKAGES = (
    "cli", "deploy", "documents", "etl_common", "install", "localaws", "package", "report", "scenario", "schema_conversion", "simulator",
    "wholesale",
)  # fmt: skip


class Commands(click.Group):
    """The commands are the files beside this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        files = Path(__file__).parent.glob("*.py")
        return sorted(file.stem.replace("_", "-") for file in files if not file.stem.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command `cmd_name`, None when there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"cli.{name}"), name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def etl() -> None:
    """Run the warehouse on this machine: engines, batches, queries, quarantine, reports."""


def main() -> int:
    """Run the command line; errors of this project are shown as their message."""
    # A command that is asked to end stops what it started, as it does on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        etl(prog_name="etl")
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in OWN_PACKAGES:
            raise
        click.echo(f"error: {error}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
