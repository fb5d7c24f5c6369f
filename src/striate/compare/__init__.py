"""Several networks on one data set: compare trains and measures them, table holds the result.

pooled, cross_validation: what the folds of a network say together; mistakes: what in the data is wrong;
unusual_pictures: near-duplicates and outliers.
"""
