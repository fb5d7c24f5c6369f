"""Networks that answer a question: scores become records, with their losses and metrics.

classification/    which one of K classes
memory             a batch that does not fit, in halves
"""
