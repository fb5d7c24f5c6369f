"""What is known of the pictures of a data set, in columns: one class for each kind of knowledge.

annotations.py          Annotations: what all kinds can do
class_annotations.py    one class for each picture
identity_annotations.py whom each picture shows
box_annotations.py      any number of boxes on each picture
shapes.py               masks and joints of boxes, made of what else is known of them
origin.py               where boxes are written: file and line
point_annotations.py    the same named points on every picture
mask_annotations.py     the class of every pixel
"""
