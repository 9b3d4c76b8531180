"""`etl deployment`: write the deployment's files that follow from code, or check them."""

from __future__ import annotations

import click

from deployment.jobs import CHECKOUT, JOBS_FILE, jobs_json
from deployment.rulesets import RULESETS_FOLDER, rulesets
from deployment.schemas import SCHEMAS_FOLDER, schemas
from deployment.state_machine import STATE_MACHINE_FILE, state_machine_json

__all__ = ["deployment"]

_FILES = {JOBS_FILE: jobs_json, STATE_MACHINE_FILE: state_machine_json}


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when a file is not what the code and the pipeline declare.")
def deployment(check: bool) -> None:
    """Write deployment/jobs.json from the jobs' argument dataclasses, rulesets from the quality rules, schemas from the sources' contracts,
    and the state machine from deployment/pipeline.json."""
    files = {path: text_of() for path, text_of in _FILES.items()} | rulesets() | schemas()
    for stale in {*RULESETS_FOLDER.glob("*"), *SCHEMAS_FOLDER.glob("*")} - set(files):
        if check:
            raise click.ClickException(f"{stale.relative_to(CHECKOUT)} follows from nothing in the code. Run `./etl deployment`.")
        stale.unlink()
    for path, text in files.items():
        name = path.relative_to(CHECKOUT)
        fresh = path.exists() and path.read_text("utf-8") == text
        if check and not fresh:
            raise click.ClickException(f"{name} is not what the code declares. Run `./etl deployment`.")
        if not fresh:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        click.echo(f"{name} {'was' if fresh else 'is now'} fresh")
