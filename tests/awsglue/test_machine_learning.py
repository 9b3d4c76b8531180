"""Transforms whose models only the Glue service has."""

from __future__ import annotations

import pytest

from awsglue.exceptions import NotSupportedError
from awsglueml.transforms import FindIncrementalMatches, FindMatches


@pytest.mark.parametrize("transform", [FindMatches, FindIncrementalMatches])
def test_a_script_that_uses_a_trained_model_loads_and_is_told_what_cannot_be_here(transform: type) -> None:
    message = rf"awsglueml\.transforms\.{transform.__name__} is not supported by this runtime\. Its model is trained and kept by"

    with pytest.raises(NotSupportedError, match=message):
        transform.apply(frame=None, transformId="tfm-1")
    with pytest.raises(NotSupportedError, match=message):
        transform()(None, "tfm-1")
