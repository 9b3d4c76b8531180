"""The guide of the migration can be followed: its commands are run as they are written, at the smallest scale."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from localaws.engines.postgres import PostgresEngine
from localaws.home import CHECKOUT, Home

GUIDE = CHECKOUT / "scenarios" / "mysql_to_redshift" / "README.md"


def test_the_guide_of_the_migration_can_be_followed(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    script = "\n".join(blocks).replace("--scale 0.1 ", "--scale 0.01 ")
    home = tmp_path / "etl-migration"
    environment = {**os.environ, "HOME": str(tmp_path), "COLUMNS": "200"}
    try:
        command = ["sh", "-eu", "-c", script]
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False, timeout=600)
    finally:
        subprocess.run(["./etl", "down"], cwd=CHECKOUT, env={**environment, "ETL_HOME": str(home)}, check=True, timeout=120)
        PostgresEngine(Home(home)).remove_outside()

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "--scale 0.01 " in script
    assert "assessment.html" in done.stdout
    assert re.search(r"\border_id\b.*\bnumeric\b", done.stdout)
    assert re.search(r"^lineitem \d{5} rows loaded, 0 refused$", done.stdout, re.MULTILINE)
    assert re.search(r"│ 1998-06-15 .*│ 1998-06-16 ", done.stdout, re.DOTALL)
    assert not home.exists()
