"""What the installation refuses, and that it takes no jar that is not the lock's."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from install.checks import check_folder, check_platform
from install.clean import MADE_IN_HOME
from install.exceptions import CommandFailedError, CorruptJarError, MissingRequirementError, UnsupportedPlatformError
from install.ivy import java_network_options, resolve
from install.jars import Jar, check, fetch, read_lock, unpack_server
from localaws.home import CHECKOUT

CONTENT = b"a jar"


@pytest.fixture
def jar() -> Jar:
    return Jar("org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "spark")


@pytest.mark.parametrize(
    ("system", "machine", "libc", "reason"),
    [
        pytest.param("Darwin", "arm64", "", "here is Darwin arm64: .*Linux programs", id="macOS"),
        pytest.param("Linux", "aarch64", "glibc", "no build for this processor", id="arm"),
        pytest.param("Linux", "x86_64", "", "not for musl", id="alpine"),
    ],
)
def test_another_platform_is_refused_by_name(system: str, machine: str, libc: str, reason: str) -> None:
    with pytest.raises(UnsupportedPlatformError, match=reason):
        check_platform(system, machine, libc)


def test_this_platform_is_accepted() -> None:
    check_platform()


def test_a_path_with_a_colon_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()

    with pytest.raises(MissingRequirementError, match="has a colon.*Move the checkout"):
        check_folder(folder)


def test_without_python_3_11_the_error_says_what_to_install(tmp_path: Path) -> None:
    for tool in ("dirname", "pwd", "sh"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    for name in ("python3.11", "python3", "python"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    script = (CHECKOUT / "harness" / "install" / "run.sh").read_text()
    checkout = tmp_path / "harness" / "install"
    checkout.mkdir(parents=True)
    # The absolute candidates are left out: this machine has one of them.
    (checkout / "run.sh").write_text(script.replace(" /usr/bin/python3.11 /usr/local/bin/python3.11", ""))

    command = ["sh", str(checkout / "run.sh"), "install"]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "Python 3.11 is needed" in done.stderr
    assert "apt-get install python3.11" in done.stderr


def test_a_jar_with_another_checksum_is_refused_by_name_and_not_installed(jar: Jar, tmp_path: Path) -> None:
    def altered(jars: list[Jar], folder: Path) -> None:
        (folder / jars[0].file).write_bytes(b"a jor")

    with pytest.raises(CorruptJarError, match=r"The jar thing-1\.0\.jar is not the one of requirements/jars\.lock"):
        fetch([jar], tmp_path / "jars", altered)

    assert list((tmp_path / "jars").iterdir()) == []


def test_a_jar_that_was_damaged_later_is_found_and_deleted(jar: Jar, tmp_path: Path) -> None:
    (tmp_path / jar.file).write_bytes(b"A JAR")

    with pytest.raises(CorruptJarError, match="5 bytes and sha256"):
        check(jar, tmp_path / jar.file)

    assert not (tmp_path / jar.file).exists()


def test_jars_are_fetched_once_and_strangers_are_removed(jar: Jar, tmp_path: Path) -> None:
    calls = []

    def get(jars: list[Jar], folder: Path) -> None:
        calls.append([one.file for one in jars])
        for one in jars:
            (folder / one.file).write_bytes(CONTENT)

    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "thing-0.9.jar").write_bytes(b"old")
    fetch([jar], tmp_path / "jars", get)
    fetch([jar], tmp_path / "jars", get)

    assert calls == [["thing-1.0.jar"]]
    assert [file.name for file in (tmp_path / "jars").iterdir()] == ["thing-1.0.jar"]


def test_the_jars_of_this_checkout_are_those_of_the_lock() -> None:
    folders = {"spark": CHECKOUT / ".local" / "jars", "delta": CHECKOUT / ".local" / "jars" / "delta"}
    jars = [jar for jar in read_lock(CHECKOUT / "requirements" / "jars.lock") if jar.use in folders]

    for use, folder in folders.items():
        assert {file.name for file in folder.glob("*.jar")} == {jar.file for jar in jars if jar.use == use}
    for jar in jars:
        with (folders[jar.use] / jar.file).open("rb") as stream:
            assert hashlib.file_digest(stream, "sha256").hexdigest() == jar.sha256


def test_ivy_brings_a_jar_from_the_repository_of_a_settings_file(jar: Jar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "a mirror"
    repository.mkdir()
    (repository / jar.file).write_bytes(CONTENT)
    _use_mirror(tmp_path, repository, monkeypatch)

    fetch([jar], tmp_path / "jars")

    assert (tmp_path / "jars" / jar.file).read_bytes() == CONTENT


def test_a_jar_that_no_repository_has_is_named(jar: Jar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "empty"
    repository.mkdir()
    _use_mirror(tmp_path, repository, monkeypatch)
    monkeypatch.setattr("install.ivy.ATTEMPTS", 1)
    (tmp_path / "jars").mkdir()

    with pytest.raises(CommandFailedError, match="(?s)Fetching jars failed.*thing"):
        resolve([jar], tmp_path / "jars")


def test_a_certificate_bundle_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingRequirementError, match="absent.pem"):
        java_network_options({"SSL_CERT_FILE": str(tmp_path / "absent.pem")}, tmp_path)


def test_of_the_server_only_what_is_used_is_unpacked_and_its_program_can_run(tmp_path: Path) -> None:
    archive = tmp_path / "server.jar"
    with zipfile.ZipFile(archive, "w") as jar:
        for name in ("bin/mariadbd", "bin/mariadb-dump", "share/english/errmsg.sys", "share/greek/errmsg.sys", "share/tables.sql"):
            jar.writestr(f"ch/some/where/linux/{name}", name)

    unpack_server(archive, tmp_path / "server")

    files = {path.relative_to(tmp_path / "server").as_posix() for path in (tmp_path / "server").rglob("*") if path.is_file()}
    assert files == {"bin/mariadbd", "share/english/errmsg.sys", "share/tables.sql"}
    assert (tmp_path / "server" / "bin" / "mariadbd").stat().st_mode & stat.S_IXUSR


def test_no_file_of_the_installation_names_a_registry() -> None:
    hosts = ("maven" + ".org", "pypi" + ".org", "maven" + ".apache")
    files = [*(CHECKOUT / "harness" / "install").iterdir(), *(CHECKOUT / "requirements").iterdir(), CHECKOUT / "Makefile"]

    named = [file.name for file in files if file.is_file() and any(host in file.read_text() for host in hosts)]

    assert named == []


def test_clean_ends_what_runs_and_leaves_the_sources(tmp_path: Path) -> None:
    from localaws.engines.mariadb import MariaDBEngine
    from localaws.home import Home

    checkout = tmp_path / "a checkout"
    shutil.copytree(CHECKOUT / "harness", checkout / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / ".venv").mkdir()
    engine = MariaDBEngine(Home(checkout / ".local"))
    engine.start()
    pid = engine.pid
    environment = {key: value for key, value in os.environ.items() if key != "ETL_HOME"}

    command = [sys.executable, "-m", "install.clean", str(checkout)]
    subprocess.run(command, env={**environment, "PYTHONPATH": str(checkout / "harness")}, check=True, timeout=60)

    assert not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    assert sorted(path.name for path in checkout.iterdir()) == ["harness"]
    assert list(checkout.rglob("__pycache__")) == []


def test_clean_knows_everything_that_the_harness_writes_into_a_home() -> None:
    texts = [file.read_text("utf-8") for file in (CHECKOUT / "harness").rglob("*.py") if "tests" not in file.parts]
    written = {name for text in texts for name in re.findall(r'\bhome(?:\.root)? / "([a-z0-9.-]+)"', text)}
    written |= set(re.findall(r'self\.root / "([a-z0-9.-]+)"', (CHECKOUT / "harness" / "localaws" / "home.py").read_text("utf-8")))
    named_and_not_made = {"no-aws-configuration", ".local", ".terraform.d"}  # a file that must not exist; folders of a user's home

    assert len(written) > 20
    assert written - named_and_not_made - set(MADE_IN_HOME) == set(), "add it to MADE_IN_HOME of harness/install/clean.py"


def _use_mirror(work: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = work / "ivysettings.xml"
    settings.write_text(
        '<ivysettings><settings defaultResolver="mirror"/><resolvers><filesystem name="mirror">'
        f'<artifact pattern="{repository}/[artifact]-[revision].[ext]"/></filesystem></resolvers></ivysettings>'
    )
    monkeypatch.setenv("ETL_IVY_SETTINGS", str(settings))


def test_every_locked_package_takes_the_first_python_3_11() -> None:
    lock = (CHECKOUT / "requirements" / "local.txt").read_text("utf-8")
    locked = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==", lock, re.MULTILINE)}
    installed = {each.name.lower().replace("_", "-"): each.metadata.get("Requires-Python") or "" for each in distributions()}
    needs = {name: need for name, need in installed.items() if name in locked}
    assert len(needs) > 100
    assert {name: need for name, need in needs.items() if not SpecifierSet(need).contains("3.11.0")} == {}
