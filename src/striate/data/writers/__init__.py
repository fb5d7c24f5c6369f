"""Writers of boxes, one for each layout that other programs read.

convert         read a data set, and write it in another layout
correct         a corrected copy of a data set       corrections  the list of what shall be changed
layout          what a writer takes, and where pictures go
decimals        numbers with as many digits as bring back the same box
cut_tiles       large pictures become tiles with their boxes
cropped_details polygons, run lengths and key points in a part of a picture
mask_pixels     masks as pixels                      voc_mask_files  the PNGs of VOC
write_coco      one JSON file for each split         write_voc    an XML file for each picture
write_yolo      a text for each picture, data.yaml   predicted    answers of a model as boxes
"""
