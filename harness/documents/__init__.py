"""The parts of docs/ that follow from code: commands, jobs' arguments, modules, SQL files, what the endpoint runs.

A page is written by hand but for the regions between `<!-- generated: NAME -->` and `<!-- end of NAME -->`, which
`etl generate` fills. A test holds every page fresh.
"""

from __future__ import annotations

from documents.exceptions import DocumentError, MissingRegionError
from documents.pages import documents

__all__ = ["DocumentError", "MissingRegionError", "documents"]
