"""`etl deployment`: write the deployment's files that follow from code, or check them."""

from __future__ import annotations

import click

from deployment.jobs import JOBS_FILE, jobs_json

__all__ = ["deployment"]


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when deployment/jobs.json is not what the jobs declare.")
def deployment(check: bool) -> None:
    """Write deployment/jobs.json from the jobs' argument dataclasses."""
    text = jobs_json()
    fresh = JOBS_FILE.exists() and JOBS_FILE.read_text("utf-8") == text
    if check and not fresh:
        raise click.ClickException("deployment/jobs.json is not what the jobs declare. Run `./etl deployment`.")
    if not fresh:
        JOBS_FILE.write_text(text, "utf-8")
    click.echo(f"{JOBS_FILE.name} {'was' if fresh else 'is now'} fresh")
