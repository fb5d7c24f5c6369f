"""Data that are Python objects: torch data sets, data loaders, arrays, lists of samples, splits of those.

from_python     an object -> Found, as the readers of files give it
items           pictures with what is known of them, by number, read when they are asked for
item_pictures   the store of their pictures
one_target      the target of one picture
item_targets    what is known of them, as columns: the kind is that of the first target
item_boxes      boxes, with masks and key points
item_masks      a class for each pixel
"""
