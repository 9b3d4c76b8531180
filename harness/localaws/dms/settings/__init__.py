"""Table mappings, task settings and endpoint settings as typed objects; what is unknown or contradictory is refused with its JSON path."""
