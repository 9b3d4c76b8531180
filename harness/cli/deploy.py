"""`etl deploy`: Terraform's environment `local` on this machine."""

from __future__ import annotations

import click
from rich.console import Console

from cli._engines import progress
from deploy.local import LocalEnvironment
from localaws.engines.stack import Stack
from localaws.home import Home

__all__ = ["deploy"]


@click.command()
@click.option("--plan", "only_plan", is_flag=True, help="Change nothing; show what a deployment would change.")
@click.option("--destroy", is_flag=True, help="Delete all that was deployed, objects in buckets included. Engines and their data stay.")
def deploy(only_plan: bool, destroy: bool) -> None:
    """Start the engines and apply `terraform/environments/local` to the local endpoint.

    Takes two to three minutes, most of them waits of the provider. Needs terraform; the home must not have been set up by `etl up`.
    """
    if only_plan and destroy:
        raise click.UsageError("--plan and --destroy exclude each other.")
    console, home = Console(), Home.resolve()
    environment = LocalEnvironment(home)
    with progress(console) as show:
        Stack(home).start(on_event=show)
    if only_plan:
        console.print(environment.plan(), highlight=False, markup=False, soft_wrap=True)
    elif destroy:
        environment.destroy()
        console.print("Everything that was deployed is gone. The engines run: `./etl down` stops them.", highlight=False)
    else:
        for name, value in environment.apply().items():
            console.print(f"{name:<18} {value}", highlight=False, markup=False, soft_wrap=True)
