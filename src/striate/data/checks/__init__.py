"""A data set read once: what is wrong, odd or worth knowing.

check           all checks                  findings      what may be wrong, how grave it is
box_findings    bad boxes, odd classes          bad_boxes     what becomes of them
mask_findings   polygons and run lengths        detector_fit  whether a detector suits the boxes: prior_fit
image_stats     one picture, seen once      statistics    sizes and colors of a data set
content_hash    one number for what a picture shows
duplicates      the same picture twice      near_identical  nearly the same, of two identities
"""
