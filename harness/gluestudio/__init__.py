"""What visual jobs of Glue Studio import beside `awsglue`: `import gs_concat` gives frames a method `gs_concat`, and so on.

Each `gs_*.py` beside this folder attaches one function of `transforms` or `nested`, to DynamicFrame and to DataFrame. The vendor's modules
are in no package; names of parameters are those of the scripts that the editor writes.
"""

from __future__ import annotations

from gluestudio.attaching import attach

__all__ = ["attach"]
