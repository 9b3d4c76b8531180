"""Transforms of the wholesale warehouse, one family per file: records, dimensions, order lines, inventory, rates."""
