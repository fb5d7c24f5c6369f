"""Readers, one for each layout of a data set.

image_folder    <class>/*.jpg           csv       a table of files and labels
people          pictures by identity    groups    which pictures belong together
idx             MNIST's files           npz       arrays in one file
digits          inside scikit-learn     index     what a reader found, as rows
unpacking       how much a packed file may hold
csv_columns     where a table has what  csv_paths which files its paths mean
voc             Pascal VOC's XML        yolo      YOLO's lines of text: yolo_pictures, data_yaml
voc_masks       masks of VOC's objects
masks           pictures and masks in folders    mask_files     what the numbers of masks mean
numbered_masks  masks whose values are numbers of objects
voc_segmentation  VOC's masks of classes         coco_segmentation    COCO's objects as masks of classes
coco            COCO's JSON; its columns are coco_table, its key points coco_points, read by json_stream
points_csv      tables of points or boxes; table_rows: their lines
caption_table   tables of captions of regions or of pictures
visual_genome   Visual Genome's regions; region_index: a file of any size; coco_captions: COCO's sentences
picture_paths   where the pictures of an annotation file are
split_names     what folders and columns call train, val and test
"""
