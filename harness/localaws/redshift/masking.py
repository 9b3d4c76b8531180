"""What is secret in a statement's text, taken out of it before it is kept or shown: the one mask for the history, the Data API and logs."""

from __future__ import annotations

import re

from localaws.redshift.exceptions import StatementSyntaxError
from localaws.redshift.lexer import Token, tokenize

__all__ = ["masked"]

_WORDS = ("CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "MASTER_SYMMETRIC_KEY", "PASSWORD")
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_ROLE = re.compile("aws_iam_role=[^;]*")  # alone it is no secret
_NESTED = re.compile(rf"({_WORD.pattern}\s+(?:AS\s+)?)''[^']+''", re.IGNORECASE)
_BROKEN = re.compile(rf"({_WORD.pattern}\W*?)(?:'|\$\w*\$).*", re.IGNORECASE | re.DOTALL)


def masked(text: str) -> str:
    """The text of a statement without what is secret in it; of one that cannot be read, all from the first secret on.

    >>> masked("COPY t FROM 's3://b/k' ACCESS_KEY_ID 'AK' SECRET_ACCESS_KEY 's' CSV")
    "COPY t FROM 's3://b/k' ACCESS_KEY_ID '***' SECRET_ACCESS_KEY '***' CSV"
    >>> masked("CREATE USER u PASSWORD /* the old one */ $$Abcd1234$$ CREATEDB")
    "CREATE USER u PASSWORD /* the old one */ '***' CREATEDB"
    """
    if _WORD.search(text) is None:
        return text
    try:
        tokens = tokenize(text)
    except StatementSyntaxError:
        return _BROKEN.sub(r"\1'***'", text)
    shown, follows = [], False
    for token in tokens:
        shown.append(_shown(token, follows))
        if token.kind != "space":
            follows = token.key in _WORDS or (follows and token.key in ("AS", "E"))
    return "".join(shown)


def _shown(token: Token, is_secret: bool) -> str:
    if token.kind != "string":
        return token.text
    if is_secret:
        return token.text if _ROLE.fullmatch(token.text[1:-1]) else "'***'"
    if token.text.startswith("$"):  # a procedure, or a statement within one
        tag = token.text[: token.text.index("$", 1) + 1]
        return f"{tag}{masked(token.text[len(tag) : -len(tag)])}{tag}"
    return _NESTED.sub(r"\1''***''", token.text)
