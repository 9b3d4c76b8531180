"""A function as it is to run: its configuration and its code unpacked, from what moto keeps."""

from __future__ import annotations

import hashlib
import io
import shutil
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.awslambda.exceptions import InvalidParameterError, InvalidRuntimeError, NoFunctionError
from localaws.moto_app import ACCOUNT_ID

__all__ = ["Function", "find_function"]


@dataclass(frozen=True)
class Function:
    """One version of a function. `identity` changes with its code, its layers and its configuration."""

    name: str
    arn: str
    version: str
    handler: str
    timeout: float
    memory: int
    variables: tuple[tuple[str, str], ...]
    paths: tuple[Path, ...]
    """Folders of the code and of the layers' Python packages."""
    retries: int
    """How often an invocation that nobody waits for is made again when it fails."""
    identity: str
    role: str = ""

    @property
    def log_group(self) -> str:
        return f"/aws/lambda/{self.name}"


def find_function(home: Path, region: str, name: str, qualifier: str | None) -> Function:
    """The function, by its name, a part of its ARN, or all of it, with a version or an alias.

    Raises:
        NoFunctionError: there is none.
        InvalidRuntimeError: it is not in Python, or an image.
    """
    from moto.awslambda.exceptions import UnknownFunctionException
    from moto.backends import get_backend

    backend = get_backend("lambda")[ACCOUNT_ID][region]
    bare, of_name = _named(name)
    try:
        found = backend.get_function(bare, qualifier or of_name)
    except UnknownFunctionException as error:
        asked = qualifier or of_name
        raise NoFunctionError(f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{bare}{':' + asked if asked else ''}") from error
    runtime = str(found.run_time or found.package_type)
    if found.package_type != "Zip" or not runtime.startswith("python3."):
        raise InvalidRuntimeError(bare, runtime)
    code = _unpacked(home, found.code_bytes)
    versions = [backend.layers_versions_by_arn(layer["Arn"]) for layer in found.layers]
    layers = [_unpacked(home, version.code_bytes) for version in versions if version is not None]
    paths = (code, *(path for layer in layers for path in (layer / "python", *layer.glob("python/lib/python3.*/site-packages"))))
    variables = tuple(sorted((str(key), str(value)) for key, value in found.environment_vars.items()))
    folders = [folder.name for folder in (code, *layers)]
    configured = (folders, found.handler, found.timeout, found.memory_size, variables, found.version, found.role)
    return Function(
        found.function_name, found.function_arn, str(found.version), str(found.handler), float(found.timeout), int(found.memory_size),
        variables, paths, int(_asynchronous(found).get("MaximumRetryAttempts", 2)), hashlib.sha256(repr(configured).encode()).hexdigest(),
        str(found.role or ""),
    )  # fmt: skip


def _named(name: str) -> tuple[str, str | None]:
    """Name and qualifier of any of the forms in which a function is named."""
    rest = name.rpartition(":function:")[2] if ":function:" in name else name.rpartition("function:")[2] or name
    bare, _, qualifier = rest.partition(":")
    return bare, qualifier or None


def _asynchronous(found: Any) -> dict[str, Any]:
    """What PutFunctionEventInvokeConfig said of invocations that nobody waits for."""
    given: dict[str, Any] = found.event_invoke_config[0].config if found.event_invoke_config else {}
    return given


def _unpacked(home: Path, content: bytes) -> Path:
    """The folder of a package, unpacked once for each content.

    Raises:
        InvalidParameterError: it is no archive, or leads out of its folder.
    """
    folder = home / "lambda" / "code" / hashlib.sha256(content).hexdigest()
    if folder.exists():
        return folder
    draft = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(draft)
    except zipfile.BadZipFile as error:
        raise InvalidParameterError(f"Could not unzip uploaded file: {error}. Please check your file, then try to upload again.") from error
    try:
        draft.rename(folder)
    except OSError:  # somebody else was faster
        shutil.rmtree(draft)
    return folder
