"""The two databases pass the conformance suite, and are set up as the design needs them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pymysql
import pytest

from conformance.engines import EngineConformance
from localaws.engines.mariadb import MariaDBEngine
from localaws.engines.postgres import PostgresEngine
from localaws.home import Home


class TestPostgres(EngineConformance):
    def make(self, home: Home) -> PostgresEngine:
        return PostgresEngine(home)

    def remember(self, engine: PostgresEngine, text: str) -> None:
        with psycopg.connect(**engine.conninfo()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS memory (text text)")
            connection.execute("TRUNCATE memory")
            connection.execute("INSERT INTO memory VALUES (%s)", [text])

    def recall(self, engine: PostgresEngine) -> str:
        with psycopg.connect(**engine.conninfo()) as connection:
            row = connection.execute("SELECT text FROM memory").fetchone()
        assert row is not None
        return str(row[0])

    def test_a_wrong_password_is_refused(self, engine: PostgresEngine) -> None:
        engine.start()

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**{**engine.conninfo(), "password": "guess"})

    def test_it_is_as_redshift_in_time_zone_encoding_and_order(self, engine: PostgresEngine) -> None:
        engine.start()

        with psycopg.connect(**engine.conninfo()) as connection:
            settings = connection.execute("SELECT current_setting('TimeZone'), current_setting('server_encoding')").fetchone()
            ordered = connection.execute("SELECT array_agg(x ORDER BY x) FROM unnest(ARRAY['b', 'a', 'B']) AS t(x)").fetchone()

        assert settings == ("UTC", "UTF8")
        assert ordered == (["B", "a", "b"],)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root has to keep its data outside the home")
    def test_as_root_nothing_is_left_outside_the_home_after_removal(self, fresh: Home) -> None:
        engine = self.make(fresh)
        engine.start()
        outside = engine.data_folder
        assert outside.exists()
        assert outside.stat().st_uid != 0

        engine.stop()
        engine.remove_outside()

        assert not outside.parent.exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root has to keep its data outside the home")
    def test_data_of_an_earlier_home_at_the_same_path_is_not_taken_over(self, fresh: Home) -> None:
        engine = self.make(fresh)
        engine.start()
        self.remember(engine, "of the earlier home")
        engine.stop()
        for file in [*engine.folder.glob("*")]:
            file.unlink()
        (fresh.root / "credentials.json").unlink()

        engine.start()

        with psycopg.connect(**engine.conninfo()) as connection:
            assert connection.execute("SELECT to_regclass('memory')").fetchone() == (None,)


class TestMariaDB(EngineConformance):
    def make(self, home: Home) -> MariaDBEngine:
        return MariaDBEngine(home)

    def remember(self, engine: MariaDBEngine, text: str) -> None:
        with pymysql.connect(**engine.connection_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS memory (text VARCHAR(50))")
            cursor.execute("TRUNCATE memory")
            cursor.execute("INSERT INTO memory VALUES (%s)", [text])
            connection.commit()

    def recall(self, engine: MariaDBEngine) -> str:
        with pymysql.connect(**engine.connection_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT text FROM memory")
            row = cursor.fetchone()
        assert row is not None
        return str(row[0])

    @pytest.fixture
    def started(self, engine: MariaDBEngine) -> MariaDBEngine:
        engine.start()
        return engine

    def test_its_binlog_has_whole_rows_with_names(self, started: MariaDBEngine) -> None:
        with pymysql.connect(**started.connection_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @@log_bin, @@binlog_format, @@binlog_row_metadata, @@binlog_row_image, @@time_zone")
            assert cursor.fetchone() == (1, "ROW", "FULL", "FULL", "+00:00")

    def test_its_temporary_tables_are_out_of_reach_of_other_servers(self, started: MariaDBEngine) -> None:
        # A server that starts deletes the temporary tables in its folder for them, by default the machine's.
        with pymysql.connect(**started.connection_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @@tmpdir")
            assert cursor.fetchone() == (str(started.folder / "temporary"),)

    def test_it_keeps_text_beyond_the_basic_plane_and_loads_local_files(self, started: MariaDBEngine, tmp_path: Path) -> None:
        file = tmp_path / "rows.csv"
        file.write_text("1,né\n2,漢字\n3,🚚\n", encoding="utf-8")

        with pymysql.connect(**started.connection_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE OR REPLACE TABLE words (id INT UNSIGNED PRIMARY KEY, word VARCHAR(20))")
            cursor.execute("LOAD DATA LOCAL INFILE %s INTO TABLE words CHARACTER SET utf8mb4 FIELDS TERMINATED BY ','", [str(file)])
            connection.commit()
            cursor.execute("SELECT word FROM words ORDER BY id")
            assert cursor.fetchall() == (("né",), ("漢字",), ("🚚",))

    def test_a_wrong_password_and_a_login_without_one_are_refused(self, started: MariaDBEngine) -> None:
        for user, password in (("etl", "guess"), ("root", ""), ("nobody", "")):
            with pytest.raises(pymysql.err.OperationalError, match="denied|not allowed"):
                pymysql.connect(**{**started.connection_arguments(), "user": user, "password": password})

    def test_a_half_made_data_folder_is_made_again(self, fresh: Home) -> None:
        engine = self.make(fresh)
        engine.data_folder.mkdir(parents=True)
        (engine.data_folder / "ibdata1").write_bytes(b"torn")

        engine.start()

        assert engine.health().state == "running"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run it as another user")
def test_as_root_in_a_closed_folder_it_runs_from_a_copy_of_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util
    from types import SimpleNamespace

    found = importlib.util.find_spec("pgserver")
    assert found is not None
    assert found.origin is not None
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in ("pgserver", "pgserver.libs"):
        shutil.copytree(Path(found.origin).parent.parent / name, closed / name, symlinks=True)
    spec = SimpleNamespace(origin=str(closed / "pgserver" / "__init__.py"))
    monkeypatch.setattr("localaws.engines.postgres.importlib.util.find_spec", lambda name: spec)
    engine = PostgresEngine(Home(tmp_path / "home"))
    try:
        engine.start()

        assert os.readlink(f"/proc/{engine.pid}/exe").startswith(str(engine.data_folder.parent))
    finally:
        engine.stop()
        engine.remove_outside()
