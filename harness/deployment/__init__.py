"""The deployment's data files that follow from code, and the pipeline that is declared in one of them."""
