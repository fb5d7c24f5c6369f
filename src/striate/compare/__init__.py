"""Several networks on one data set: compare trains and measures them, table holds the result."""
