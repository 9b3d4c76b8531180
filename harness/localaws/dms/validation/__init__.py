"""Comparison of a target with its source, row by row, also while changes flow (DMS guide, "AWS DMS data validation")."""
