"""Make a model better: one loop for all tasks, and the run folder that it leaves behind."""
