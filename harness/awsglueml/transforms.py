"""FindMatches and FindIncrementalMatches (AWS Glue, "Record matching with FindMatches"): refused by name."""

from __future__ import annotations

from typing import Any, NoReturn

from awsglue.exceptions import NotSupportedError

__all__ = ["FindIncrementalMatches", "FindMatches"]

_INSTEAD = "Its model is trained and kept by the AWS Glue service. Match by keys that you compute, with Join or a DataFrame's join."


class _TrainedTransform:
    """A transform that applies a model of the service."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises NotSupportedError, whatever it is given."""
        raise NotSupportedError(f"awsglueml.transforms.{cls.__name__}", _INSTEAD)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.apply(*args, **kwargs)


class FindMatches(_TrainedTransform):
    """Records that match each other, by a trained model: refused."""


class FindIncrementalMatches(_TrainedTransform):
    """New records that match known ones, by a trained model: refused."""
