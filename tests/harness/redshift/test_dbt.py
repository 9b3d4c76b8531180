"""dbt-redshift, unchanged, on a small project; in an environment of its own, since dbt pins what the harness uses in other versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localaws.engines.redshift import RedshiftEngine

pytestmark = pytest.mark.soak
_PACKAGES = ("dbt-core==1.11.16", "dbt-redshift==1.11.1")
_FILES = {
    "dbt_project.yml": "name: small\nversion: '1.0'\nprofile: small\n",
    "profiles.yml": """
small:
  target: dev
  outputs:
    dev: {type: redshift, host: 127.0.0.1, port: "{{ env_var('PORT') | int }}", user: etl, password: "{{ env_var('PASSWORD') }}",
          dbname: warehouse, schema: dbt_small, threads: 2, sslmode: verify-ca}
""",
    "seeds/raw.csv": "id,name,at\n1,a,2020-01-01\n2,b,2020-01-02\n",
    "models/dated.sql": """{{ config(materialized='table', dist='id', sort=['at']) }}
        select id, name, at, dateadd(day, 1, at) as next_day from {{ ref('raw') }}""",
    "models/shown.sql": "{{ config(materialized='view', bind=False) }} select id, nvl(name, 'x') as name from {{ ref('dated') }}",
    "models/grown.sql": """{{ config(materialized='incremental', unique_key='id') }} select * from {{ ref('dated') }}
        {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}""",
    "models/tests.yml": "models: [{name: dated, columns: [{name: id, tests: [unique, not_null]}]}]\n",
    "snapshots/kept.sql": """{% snapshot kept %}
        {{ config(target_schema='dbt_small', unique_key='id', strategy='check', check_cols=['name']) }}
        select * from {{ ref('raw') }}{% endsnapshot %}""",
}


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dbt")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *_PACKAGES], check=True)
    return folder / "bin" / "dbt"


def test_a_project_is_built_twice_and_documented(dbt: Path, redshift: RedshiftEngine, tmp_path: Path) -> None:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "PORT": str(redshift.ports["main"]),
        "PASSWORD": redshift.connection()["password"],
        "SSL_CERT_FILE": str(redshift.authority),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    for command in (["debug"], ["seed"], ["run"], ["snapshot"], ["test"], ["build"], ["docs", "generate"]):
        done = subprocess.run(
            [str(dbt), *command, "--profiles-dir", str(tmp_path)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"dbt {' '.join(command)}\n{done.stdout}\n{done.stderr}"
    catalog = json.loads((tmp_path / "target" / "catalog.json").read_text(encoding="utf-8"))
    assert {"model.small.dated", "model.small.shown", "model.small.grown", "seed.small.raw"} <= {*catalog["nodes"]}
