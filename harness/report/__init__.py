"""The report of a batch's run: what ran, what became of every record, what was checked, what to do next.

`collect` reads the audit and quality records, Glue's job runs and the warehouse; `render` makes one
self-contained HTML file of it. The same facts are the JSON twin.
"""
