"""dbt-redshift, unchanged, on a small project; in an environment of its own, since dbt pins what the harness uses in other versions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
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
    "models/merged.sql": """{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge',
        on_schema_change='append_new_columns') }} select *{% if is_incremental() %}, 1 as extra{% endif %} from {{ ref('raw') }}""",
    "models/replaced.sql": """{{ config(materialized='incremental', unique_key=['id', 'name'], incremental_strategy='delete+insert',
        on_schema_change='sync_all_columns') }} select *{% if is_incremental() %}, 'x' as extra{% endif %} from {{ ref('raw') }}""",
    "models/appended.sql": "{{ config(materialized='incremental', incremental_strategy='append') }} select * from {{ ref('raw') }}",
    "models/kept_rows.sql": """{{ config(materialized='materialized_view', dist='id', sort=['id'], auto_refresh=false, backup=false) }}
        select id, count(*) as n from {{ ref('dated') }} group by id""",
    "models/agreed.sql": """{{ config(materialized='table', contract={'enforced': true}, dist='even', sort_type='interleaved',
        sort=['id', 'name'], grants={'select': ['dbt_reader']}) }}
        select id::int as id, name::varchar(20) as name from {{ ref('raw') }}""",
    "models/tests.yml": """
models:
  - {name: dated, description: "it's dated", config: {persist_docs: {relation: true, columns: true}},
     columns: [{name: id, description: the id, tests: [unique, not_null]}]}
  - {name: shown, description: late, config: {persist_docs: {relation: true}}}
  - {name: kept_rows, description: kept, config: {persist_docs: {relation: true}}}
  - name: agreed
    constraints: [{type: foreign_key, columns: [id], expression: "dbt_small.raw (id)"}]
    columns: [{name: id, data_type: int, constraints: [{type: not_null}, {type: primary_key}]}, {name: name, data_type: varchar(20)}]
unit_tests:
  - name: names
    model: shown
    given: [{input: ref('dated'), rows: [{id: 1, name: null}, {id: 2, name: b}]}]
    expect: {rows: [{id: 1, name: x}, {id: 2, name: b}]}
""",
    "snapshots/timed.sql": """{% snapshot timed %}
        {{ config(target_schema='dbt_small', unique_key='id', strategy='timestamp', updated_at='at', hard_deletes='invalidate') }}
        select * from {{ ref('raw') }}{% endsnapshot %}""",
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
    with psycopg.connect(**redshift.connection(), autocommit=True) as connection:
        connection.execute("CREATE USER dbt_reader PASSWORD 'Abcdefg1'")
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
