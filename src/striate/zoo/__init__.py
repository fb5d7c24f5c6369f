"""Names to networks (table, build), the saved-model file (saved), and what a network costs (summary)."""
