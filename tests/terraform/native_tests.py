"""The native tests of all modules in one run of `terraform test`.

A module's tests run in its own folder too (`terraform init`, `terraform test`), but each run starts the provider, which takes
seconds. So here every file is copied into one folder, and each of its runs is told which module it is about.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["FOLDER", "gather"]

FOLDER = "terraform/checks"
_RUN = re.compile(r'^(run "\w+" \{)$', re.MULTILINE)


def gather(root: Path) -> list[str]:
    """Write the folder into a workspace. Returns the names of all runs, as module.run."""
    terraform, folder = root / "terraform", root / FOLDER
    (folder / "tests").mkdir(parents=True)
    (folder / "main.tf").write_text((terraform / "platform" / "versions.tf").read_text("utf-8"), "utf-8")
    runs = []
    for file in sorted(terraform.glob("modules/*/tests/*.tftest.hcl")):
        module, text = file.parents[1].name, file.read_text("utf-8")
        told = _RUN.sub(rf'\1\n  module {{\n    source = "../modules/{module}"\n  }}\n', text)
        (folder / "tests" / f"{module}.{file.name}").write_text(told, "utf-8")
        runs += [f"{module}.{name}" for name in re.findall(r'^run "(\w+)" \{$', text, re.MULTILINE)]
    return runs
