"""Networks that answer a question: scores become records, with their losses and metrics."""
