"""The pages' data, one module per subject. A view takes the sources, the parts of its path and the query, and answers with a `Page`."""
