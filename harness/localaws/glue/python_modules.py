"""`--additional-python-modules`: pip installs them into a folder that one run alone imports from.

pip is asked first what is missing, so that what is installed here in a version that fits is neither downloaded again nor hidden by
another copy. The folder is kept under what makes its content (requirements, files, options, pip's settings, Python): a run that asks for
the same takes it at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from localaws.exceptions import LocalAwsError
from localaws.home import Home

__all__ = ["PIP_SETTINGS", "PythonModulesError", "pip_settings", "provide"]

PIP_SETTINGS = "ETL_PIP_SETTINGS"
"""Environment: what pip needs of whoever started the endpoint or the run, as JSON. Nothing else of a run sees it."""
_OF_PIP = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
_OF_THE_RUN = ("PYTHONPATH", "NO_PROXY", "no_proxy")


class PythonModulesError(LocalAwsError):
    """pip could not install what a run asked for; the message has pip's own reason."""

    def __init__(self, asked: Sequence[str], reason: str) -> None:
        self.asked, self.reason = list(asked), reason
        super().__init__(f"--additional-python-modules {','.join(asked)} could not be installed. pip says: {reason}")


def pip_settings() -> str:
    """Value of PIP_SETTINGS: passed on where there is one, else pip's settings, proxies and certificates of this process."""
    given = {name: value for name, value in os.environ.items() if name.upper().startswith(_OF_PIP) or name in ("HOME", "PATH")}
    return os.environ.get(PIP_SETTINGS) or json.dumps(given)


def provide(home: Home, modules: Sequence[str], options: str = "") -> Path:
    """Folder with the modules and what they need beyond what is installed here.

    modules: what pip takes: requirements, addresses, files of this machine. options: as for pip (`--no-index --find-links …`), with
    `-r` the modules are requirements files. Raises PythonModulesError with pip's reason.
    """
    words = shlex.split(options)
    asked = [word for module in modules for word in (("-r", module) if "-r" in words or "--requirement" in words else (module,))]
    words = [word for word in words if word not in ("-r", "--requirement")]
    store = home.cache / "python-modules"
    store.mkdir(parents=True, exist_ok=True)
    folder = store / _key(modules, words)
    with (store / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run may be installing the same
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=store, prefix=".draft-") as draft:
                _install(asked, words, modules, Path(draft) / "modules")
                (Path(draft) / "modules").replace(folder)
    return folder


def _install(asked: Sequence[str], words: Sequence[str], modules: Sequence[str], target: Path) -> None:
    target.mkdir()
    report = target.parent / "report.json"
    _pip(["install", "--quiet", "--dry-run", "--report", str(report), *words, *asked], modules)
    missing = [_located(found) for found in json.loads(report.read_text("utf-8"))["install"]]
    if missing:
        without = [word for word in words if word not in ("--upgrade", "-U")]
        _pip(["install", "--quiet", "--no-deps", "--target", str(target), *without, *missing], modules)
        shutil.rmtree(target / "bin", ignore_errors=True)


def _located(found: dict[str, dict[str, str]]) -> str:
    """The very file that pip chose."""
    return f"{found['metadata']['name']} @ {found['download_info']['url']}"


def _pip(words: Sequence[str], modules: Sequence[str]) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_RUN}
    done = subprocess.run([*_PIP, *words], env={**kept, **_settings()}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        raise PythonModulesError(modules, " ".join(errors) or done.stderr.strip()[-2000:])


def _settings() -> dict[str, str]:
    return dict(json.loads(os.environ.get(PIP_SETTINGS, "{}")))


def _key(modules: Sequence[str], words: Sequence[str]) -> str:
    """Name of the folder: the same for the same contents. Another index may have other contents under the same name."""
    settings = sorted((name, value) for name, value in _settings().items() if name != "PATH")
    digest = hashlib.sha256(json.dumps([sys.version, list(words), settings]).encode())
    for module in modules:
        path = Path(module)
        digest.update(path.read_bytes() if path.is_file() else module.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]
