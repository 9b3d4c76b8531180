"""Errors of access control, in the codes and words that the services have for them.

AwsError
├── AccessDeniedError       a policy denies, or none allows
├── UnknownKeyError         the access key was not issued by this endpoint, or was deleted
├── ExpiredTokenError       temporary credentials after their end
├── MalformedPolicyError    a document is no policy
└── UserBoundaryError       a user should have a permissions boundary
"""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["AccessDeniedError", "ExpiredTokenError", "MalformedPolicyError", "UnknownKeyError", "UserBoundaryError"]

_JSON = ("json", "rest-json", "smithy-rpc-v2-cbor")


class AccessDeniedError(AwsError):
    """Under the code and status of the service's protocol ("Troubleshoot access denied error messages", IAM User Guide)."""

    def __init__(self, service: str, protocol: str, message: str) -> None:
        if protocol in _JSON:
            super().__init__("AccessDeniedException", message, 403 if protocol == "rest-json" else 400)
        else:
            code = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}.get(service, "AccessDenied")
            super().__init__(code, message, 403)


class UnknownKeyError(AwsError):
    """Nobody's access key."""

    def __init__(self, service: str) -> None:
        if service == "s3":
            super().__init__("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
        else:
            json_code = "UnrecognizedClientException" if service not in ("iam", "sts", "sns", "sqs", "rds", "redshift") else ""
            super().__init__(json_code or "InvalidClientTokenId", "The security token included in the request is invalid.", 403)


class ExpiredTokenError(AwsError):
    """The session is over."""

    def __init__(self, service: str) -> None:
        message = "The provided token has expired." if service == "s3" else "The security token included in the request is expired"
        super().__init__("ExpiredToken" if service in ("s3", "iam", "sts") else "ExpiredTokenException", message, 400)


class MalformedPolicyError(AwsError):
    """What is given as a policy is none."""

    def __init__(self, detail: str) -> None:
        super().__init__("MalformedPolicyDocument", f"The policy is not in the valid JSON format: {detail}")


class UserBoundaryError(AwsError):
    """The boundary would not be kept."""

    def __init__(self, user: str) -> None:
        super().__init__(
            "NotImplemented",
            f"A permissions boundary of the user {user} is not kept here: leave it out, or give the user a role that has the boundary.",
        )
