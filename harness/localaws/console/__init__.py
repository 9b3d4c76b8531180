"""The endpoint's web page, `/_etl/`: what is here, what ran, and what became of it. It reads and changes nothing.

    application   the requests: who may ask, which page, static files, errors
    routes        paths and the views that answer them
    sources       where views read: boto3 clients of the endpoint itself, so that the page shows what any client sees
    kept          documents that are read once for all their pages
    views/        one module per subject; each gives a template and its data
    graph         where the states of a state machine stand, and the lines between them
    progress      what became of each state of an execution, from its history
    templates/    Jinja, everything escaped; static/ has one style sheet and one script. Nothing is fetched from elsewhere.
"""

from __future__ import annotations

__all__ = ["PREFIX"]

PREFIX = "/_etl/"
