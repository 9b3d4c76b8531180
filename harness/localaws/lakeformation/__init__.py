"""Lake Formation: what of the catalog's tables a principal sees, by grants, LF-tags and data cells filters."""
