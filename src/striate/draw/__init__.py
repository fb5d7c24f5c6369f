"""Pictures of records and tensors. Nothing here knows a model."""
