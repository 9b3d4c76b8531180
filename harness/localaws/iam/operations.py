"""What moto's IAM would take and then forget, refused: rights that are wider here than on AWS are worse than none."""

from __future__ import annotations

from collections.abc import Mapping

from localaws.iam.exceptions import UserBoundaryError
from localaws.operation import Guard, Request

__all__ = ["GUARDS"]


def check_user(request: Request) -> None:
    """CreateUser: a permissions boundary of a user is not kept; those of roles are.

    Raises:
        UserBoundaryError: one is given.
    """
    if request.parameters.get("PermissionsBoundary"):
        raise UserBoundaryError(str(request.parameters.get("UserName", "")))


GUARDS: Mapping[str, Guard] = {"CreateUser": check_user}
