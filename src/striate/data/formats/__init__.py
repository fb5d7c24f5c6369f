"""Readers, one for each layout of a data set.

image_folder    <class>/*.jpg           csv       a table of files and labels
idx             MNIST's files           npz       arrays in one file
digits          inside scikit-learn     index     what a reader found, as rows
unpacking       how much a packed file may hold
csv_columns     where a table has what  csv_paths which files its paths mean
split_names     what folders and columns call train, val and test
"""
