"""The page of a run: metrics, pictures, the worst mistakes and why."""
