"""What is known of the pictures of a data set, in columns: one class for each kind of knowledge.

annotations.py          Annotations: what all kinds can do
class_annotations.py    one class for each picture
"""
