"""What a password of Redshift has to be (Redshift guide, "CREATE USER"; API reference, "CreateCluster", MasterUserPassword)."""

from __future__ import annotations

import re

__all__ = ["broken_rules"]

_RULES = {
    "be of 8 to 64 characters": ".{8,64}",
    "contain an upper case letter": ".*[A-Z].*",
    "contain a lower case letter": ".*[a-z].*",
    "contain a number": ".*[0-9].*",
    "hold printable ASCII characters only, without ' \" \\ / @ and space": r"[!#-&(-.0-?A-\[\]-~]*",
}


def broken_rules(password: str) -> str:
    """What it must do and does not, in words that follow "it must"; empty when it may be one.

    >>> broken_rules("Passw0rd")
    ''
    >>> broken_rules("passw0rd")
    'contain an upper case letter'
    """
    return "; it must ".join(rule for rule, pattern in _RULES.items() if not re.fullmatch(pattern, password, re.DOTALL))
