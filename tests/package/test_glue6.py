"""The second lane's interpreter and Java. The lane itself is `make test-next-glue`: it needs a Python 3.13 and 450 MB."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from package import glue6
from package.exceptions import PackageError


def test_the_variable_names_the_interpreter_and_what_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(glue6.INTERPRETER, "/bin/sh")
    assert glue6.interpreter() == Path("/bin/sh")

    monkeypatch.setenv(glue6.INTERPRETER, str(tmp_path / "none"))
    with pytest.raises(PackageError, match="GLUE6_PYTHON.*none is no program"):
        glue6.interpreter()


def test_without_an_interpreter_the_lane_says_so_and_ends_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(glue6.INTERPRETER, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert glue6.main() == 0
    assert "No python3.13 of the path runs" in capsys.readouterr().out
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")  # as pyenv's is where no such Python is chosen
    (tmp_path / "python3.13").chmod(0o755)
    assert glue6.main() == 0
    assert "No python3.13 of the path runs" in capsys.readouterr().out


def test_java_is_started_without_the_module_that_it_does_not_have(tmp_path: Path) -> None:
    script = tmp_path / "java"
    script.write_text(glue6.JAVA_SCRIPT.format(java="/usr/bin/printf"), "utf-8")

    given = ["%s,", "-Da=b c", "--add-modules=jdk.incubator.vector", "", "-cp", "x:y"]
    done = subprocess.run(["sh", str(script), *given], capture_output=True, text=True, check=True)

    assert done.stdout == "-Da=b c,,-cp,x:y,"
