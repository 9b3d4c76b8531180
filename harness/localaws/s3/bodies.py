"""Bodies as they come in: plain or in S3's own chunks, digested on the way, written to a file in constant memory."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

from localaws.errors import AwsError
from localaws.http import HttpRequest
from localaws.s3.exceptions import BadDigestError, InvalidRequestError

__all__ = ["CHECKSUM_HEADERS", "CHUNK", "Received", "checksum_of", "receive", "temporary_path"]

CHUNK = 1 << 20
_ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
CHECKSUM_HEADERS = {"x-amz-checksum-crc32": "CRC32", "x-amz-checksum-sha1": "SHA1", "x-amz-checksum-sha256": "SHA256"}
_UNSUPPORTED = frozenset({"CRC32C", "CRC64NVME"})
_POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="digest")


class _Crc32:
    """zlib's CRC in the shape of a hash."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def checksum_of(algorithm: str) -> Any:
    """A running checksum.

    Raises:
        AwsError: the algorithm is one that nothing here computes.
    """
    name = algorithm.upper()
    if name == "CRC32":
        return _Crc32()
    if name.lower() in _ALGORITHMS:
        return _ALGORITHMS[name.lower()](usedforsecurity=False)
    if name in _UNSUPPORTED:
        raise AwsError("NotProvided", f"The checksum algorithm {name} is not provided by this endpoint; use CRC32, SHA1 or SHA256.", 501)
    raise InvalidRequestError(f"{algorithm} is no checksum algorithm; CRC32, SHA1 and SHA256 are.")


class Received:
    """A body that was written to a file: its size, MD5 and checksums."""

    def __init__(self, size: int, md5: bytes, checksums: Mapping[str, str]) -> None:
        self.size, self.md5, self.checksums = size, md5, dict(checksums)

    @property
    def etag(self) -> str:
        return self.md5.hex()


def receive(request: HttpRequest, path: str) -> Received:
    """Write the body of `request` to the new file `path`, and hold it to every digest that came with it.

    Raises:
        BadDigestError: Content-MD5, a checksum or the signed SHA-256 is another one.
        AwsError: the body ended early (IncompleteBody), or its framing is wrong.
    """
    trailers: dict[str, str] = {}
    wanted = _wanted(request)
    digests = {name: checksum_of(name) for name in wanted}
    if not digests and not request.header("content-md5") and _signed_sha256(request):
        digests["SHA256"] = hashlib.sha256()  # the only digest there is; others cost less to check
    md5 = hashlib.md5(usedforsecurity=False)
    size = 0
    pending: list[Future[None]] = []
    with open(path, "xb", buffering=0) as file:
        for chunk in _chunks(request, trailers):
            _settle(pending)
            if len(chunk) >= CHUNK // 4:
                pending = [_POOL.submit(digest.update, chunk) for digest in (md5, *digests.values())]
            else:
                for digest in (md5, *digests.values()):
                    digest.update(chunk)
            _write(file, chunk)
            size += len(chunk)
        _settle(pending)
    found = {name: base64.b64encode(digest.digest()).decode() for name, digest in digests.items()}
    _check(request, trailers, size, md5.digest(), found)
    return Received(size, md5.digest(), {name: found[name] for name in wanted})


def _settle(pending: list[Future[None]]) -> None:
    for future in pending:
        future.result()
    pending.clear()


def _write(file: Any, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[file.write(view) :]


def _wanted(request: HttpRequest) -> list[str]:
    """Algorithms that the request names: in a header with the value, as a trailer, or for the answer."""
    named = {request.header("x-amz-sdk-checksum-algorithm").upper(), request.header("x-amz-checksum-algorithm").upper()}
    named |= {name.strip()[len("x-amz-checksum-") :].upper() for name in request.header("x-amz-trailer").split(",") if name.strip()}
    prefix = "x-amz-checksum-"
    named |= {
        name[len(prefix) :].upper()
        for name in request.headers
        if name.startswith(prefix) and name not in (prefix + "algorithm", prefix + "type")
    }
    return sorted(named - {""})


def _check(request: HttpRequest, trailers: Mapping[str, str], size: int, md5: bytes, found: Mapping[str, str]) -> None:
    length = request.header("x-amz-decoded-content-length") or request.header("content-length")
    if length and int(length) != size:
        raise AwsError("IncompleteBody", f"You did not provide the number of bytes specified by the Content-Length: {size} of {length}")
    told = request.header("content-md5")
    if told:
        try:
            decoded = base64.b64decode(told, validate=True)
        except binascii.Error as error:
            raise AwsError("InvalidDigest", f"The Content-MD5 you specified is not valid: {told}") from error
        if decoded != md5:
            raise BadDigestError("Content-MD5", told, base64.b64encode(md5).decode())
    payload = _signed_sha256(request)
    if payload and "SHA256" in found and base64.b64decode(found["SHA256"]).hex() != payload:
        raise AwsError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    for name, value in found.items():
        header = f"x-amz-checksum-{name.lower()}"
        expected = trailers.get(header) or request.header(header)
        if expected and expected != value:
            raise BadDigestError(name, expected, value)


def _signed_sha256(request: HttpRequest) -> str:
    """The SHA-256 of the body that its signature covers; empty when it covers none."""
    payload = request.header("x-amz-content-sha256").lower()
    return payload if len(payload) == 64 else ""


def _chunks(request: HttpRequest, trailers: dict[str, str]) -> Iterator[bytes]:
    if request.header("x-amz-content-sha256").startswith("STREAMING-") or "aws-chunked" in request.header("content-encoding"):
        yield from _aws_chunks(request.stream, trailers)
        return
    while chunk := request.stream.read(CHUNK):
        yield chunk


def _aws_chunks(stream: BinaryIO, trailers: dict[str, str]) -> Iterator[bytes]:
    """S3's own framing: `<hex size>[;chunk-signature=…]`, the bytes, a line end; then trailing headers."""
    while True:
        head = stream.readline(16 * 1024)
        try:
            left = int(head.split(b";", 1)[0].strip(), 16)
        except ValueError as error:
            raise AwsError("IncompleteBody", f"A chunk of the aws-chunked body begins with {head[:40]!r}, which is no size.") from error
        if left == 0:
            break
        while left:
            chunk = stream.read(min(left, CHUNK))
            if not chunk:
                raise AwsError("IncompleteBody", "The aws-chunked body ended within a chunk.")
            left -= len(chunk)
            yield chunk
        stream.readline(16)
    while line := stream.readline(16 * 1024).strip():
        name, _, value = line.decode("latin-1").partition(":")
        trailers[name.strip().lower()] = value.strip()


def temporary_path(folder: str) -> str:
    """A name for a file that is not an object yet."""
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, os.urandom(12).hex())
