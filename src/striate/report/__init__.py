"""The page of a run: figures, pictures, the worst mistakes and why."""
