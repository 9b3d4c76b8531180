"""Keep a process on this machine: whatever asks for a connection to another host gets an error instead.

An audit hook of the interpreter sees every connection, whichever library makes it, and cannot be taken off again. The
environment's AWS credentials and profiles are replaced as well, so that a real account's are not even read.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from typing import Any

from localaws.errors import LoopbackOnlyError

__all__ = ["forget_real_credentials", "stay_on_loopback"]

_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_FORGOTTEN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def forget_real_credentials() -> None:
    """Replace what the environment says about an AWS account, and about proxies, for this process and its children."""
    for name in _FORGOTTEN:
        os.environ.pop(name, None)
    for name in _PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    os.environ.update(_ENVIRONMENT)


def stay_on_loopback() -> None:
    """From now on, for the life of this process, only loopback addresses can be connected to or sent to.

    Raises, in the code that connects:
        LoopbackOnlyError: the address is another machine's.
    """
    sys.addaudithook(_refuse_others)


def _refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        connection, address = arguments[0], arguments[1]
        if connection.family in (socket.AF_INET, socket.AF_INET6) and address is not None and not _is_loopback(address[0]):
            raise LoopbackOnlyError(address)
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if host is not None and not _is_loopback(host.decode() if isinstance(host, bytes) else host):
            raise LoopbackOnlyError(host)


def _is_loopback(host: str) -> bool:
    if not host or host.lower() in _NAMES:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
