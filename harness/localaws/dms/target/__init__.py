"""Where changes go. A target commits positions together with the data."""
