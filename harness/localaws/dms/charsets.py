"""MySQL's character sets as Python decodes them (MySQL manual, "Supported Character Sets and Collations")."""

from __future__ import annotations

import codecs
from collections.abc import Callable

__all__ = ["IS_UTF8", "LONGEST_CHARACTER", "decoder"]

IS_UTF8 = frozenset(("utf8mb4", "utf8mb3", "utf8", "ascii"))
"""Their bytes are UTF-8 as they are."""

LONGEST_CHARACTER = {
    "utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 2, "utf16": 4, "utf16le": 4, "utf32": 4, "gb18030": 4, "gbk": 2, "gb2312": 2,
    "big5": 2, "sjis": 2, "cp932": 2, "ujis": 3, "eucjpms": 3, "euckr": 2,
}  # fmt: skip
"""Bytes of the longest character; one in those that are not named (MAXLEN of SHOW CHARACTER SET)."""

_CODECS = {
    "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13", "greek": "iso8859-7", "hebrew": "iso8859-8",
    "cp1250": "cp1250", "cp1251": "cp1251", "cp1257": "cp1257", "koi8r": "koi8-r", "koi8u": "koi8-u", "cp850": "cp850",
    "cp852": "cp852", "cp866": "cp866", "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf16le": "utf-16-le", "utf32": "utf-32-be",
    "gbk": "gbk", "gb2312": "gb2312", "big5": "big5", "sjis": "shift_jis", "cp932": "cp932", "ujis": "euc_jp", "euckr": "euc_kr",
    "tis620": "tis-620",
}  # fmt: skip
# MySQL's latin1 is Windows' code page 1252, with control characters where that has nothing.
_LATIN1 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))


def decoder(charset: str) -> Callable[[bytes], str] | None:
    """A function from bytes to text; None for a character set that is not replicated."""
    if charset in IS_UTF8:
        return lambda data: data.decode("utf-8")
    if charset == "latin1":
        return lambda data: codecs.charmap_decode(data, "strict", _LATIN1)[0]  # type: ignore[arg-type]
    codec = _CODECS.get(charset)
    return None if codec is None else lambda data: data.decode(codec)
