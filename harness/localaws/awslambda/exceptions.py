"""Errors of Lambda, under the names that it gives them."""

from __future__ import annotations

from localaws.errors import AwsError

__all__ = ["InvalidParameterError", "InvalidRequestContentError", "InvalidRuntimeError", "NoFunctionError"]


class NoFunctionError(AwsError):
    """There is no such function, version or alias."""

    def __init__(self, arn: str) -> None:
        super().__init__("ResourceNotFoundException", f"Function not found: {arn}", 404)


class InvalidRequestContentError(AwsError):
    """The payload is no JSON."""

    def __init__(self, reason: str) -> None:
        super().__init__("InvalidRequestContentException", f"Could not parse request body into json: {reason}", 400)


class InvalidRuntimeError(AwsError):
    """The function is in a language that does not run here, or a container's image."""

    def __init__(self, name: str, runtime: str) -> None:
        super().__init__("InvalidRuntimeException", f"{name} has the runtime {runtime}, which does not run here; python3.x does.", 502)


class InvalidParameterError(AwsError):
    """A parameter asks for what is not done here, or cannot be."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValueException", message, 400)
