"""`etl generate`: write the files that follow from code (the warehouse's declaration, the commands, the jobs), or check them."""

from __future__ import annotations

from pathlib import Path

import click

from documents import documents
from etl_common.ddl import redshift_files
from etl_common.dictionary import data_dictionary
from wholesale.warehouse import WAREHOUSE

__all__ = ["generate", "generated_files", "stale_files"]

CHECKOUT = Path(__file__).resolve().parents[2]


def generated_files() -> dict[Path, str]:
    """Path below the checkout -> text."""
    files = {Path("sql/redshift") / path: text for path, text in redshift_files(WAREHOUSE).items()}
    files[Path("docs/data-dictionary.md")] = data_dictionary(WAREHOUSE)
    return files | documents()


def stale_files(root: Path) -> list[Path]:
    """Files whose text differs from what the declaration gives, and generated ones that it no longer gives."""
    files = generated_files()
    stale = [path for path, text in files.items() if not (root / path).is_file() or (root / path).read_text("utf-8") != text]
    folders = {path.parent for path in files if path.parts[0] == "sql" and path.parent.name != "maintenance"}
    left = [path.relative_to(root) for folder in folders for path in (root / folder).glob("*.sql")]
    return sorted({*stale, *(path for path in left if path not in files)})


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when a file is not what the declaration gives.")
def generate(check: bool) -> None:
    """Write what follows from code: sql/redshift's tables and the data dictionary, and the generated parts of the pages in docs/."""
    stale = stale_files(CHECKOUT)
    if check:
        if stale:
            raise click.ClickException(f"Not what the declaration gives: {', '.join(map(str, stale))}. Run `etl generate`.")
        click.echo("Every generated file is fresh.")
        return
    files = generated_files()
    for path in stale:
        if path in files:
            (CHECKOUT / path).parent.mkdir(parents=True, exist_ok=True)
            (CHECKOUT / path).write_text(files[path], "utf-8")
            click.echo(f"wrote {path}")
        else:
            (CHECKOUT / path).unlink()
            click.echo(f"deleted {path}")
    if not stale:
        click.echo("Every generated file was fresh.")


if __name__ == "__main__":
    generate()
