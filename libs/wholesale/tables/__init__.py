"""Declarations of the wholesale warehouse's tables, one family per file."""
