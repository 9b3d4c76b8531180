"""The reference of `etl`, from click's own declarations."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from cli.__main__ import etl

__all__ = ["command_reference", "commands"]


def commands(group: click.Command = etl, path: tuple[str, ...] = ("etl",)) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words (`("etl", "source", "advance")`), groups before what is in them."""
    if not isinstance(group, click.Group):
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        yield from commands(command, (*path, name))


def command_reference() -> str:
    """A section for each command: what it does, how it is called, its options."""
    return "\n\n".join(_section(path, command) for path, command in commands())


def _section(path: tuple[str, ...], command: click.Command) -> str:
    parts = [f"{'#' * len(path)} etl {' '.join(path[1:])}", inspect.cleandoc(command.help or "")]
    context = click.Context(command, info_name=" ".join(path))
    if isinstance(command, click.Group):
        parts.append("Its commands: " + ", ".join(f"`{name}`" for name in command.list_commands(context)) + ".")
        if not command.invoke_without_command:
            return "\n\n".join(parts)
    usage = " ".join(["./etl", *path[1:], *(piece for parameter in command.get_params(context) for piece in _in_usage(parameter, context))])
    parts.append(f"```\n{usage}\n```")
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    if options:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *(_row(option, context) for option in options)]))
    return "\n\n".join(parts)


def _in_usage(parameter: click.Parameter, context: click.Context) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [parameter.make_metavar(context)]
    return ["[OPTIONS]"] if parameter is _first_option(context.command) else []


def _first_option(command: click.Command) -> click.Parameter | None:
    return next((parameter for parameter in command.params if isinstance(parameter, click.Option)), None)


def _row(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    value = "" if option.is_flag else f" {_escaped(option.make_metavar(context))}"
    meaning = option.help or ""
    if option.show_default and not option.is_flag:
        default = option.get_default(context)
        meaning = f"{meaning} Default: `{default:g}`." if isinstance(default, float) else f"{meaning} Default: `{default}`."
    if option.required:
        meaning = f"{meaning} Required."
    return f"| {names}{value} | {_escaped(meaning)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
