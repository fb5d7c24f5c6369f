"""A data set read once: what is wrong, odd or worth knowing.

check           all checks                  findings      what may be wrong, how grave it is
image_stats     one picture, seen once      statistics    sizes and colors of a data set
content_hash    one number for what a picture shows
duplicates      the same picture twice
"""
