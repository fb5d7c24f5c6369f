"""Batches of a data set: the same for the same seed, epoch and step.

loader    what goes into a batch            shuffle          the order of an epoch
cache     a data set, decoded once          class_balance    rare classes more often
padding   pictures of unequal size          identity_batches P identities, K pictures of each
collate   samples of a loop of one's own
"""
