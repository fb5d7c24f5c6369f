"""Detectors: which objects are in a picture, and where.

detector        Detector: the model of the task; object_detector: what all detectors have in common
instance_detector  InstanceDetector: masks and joints, too; soft_masks: masks as small crops
instance_metric mask AP, boundary AP, OKS AP
networks/       from R-CNN to YOLO and SSD: one paper a file
parts/          what they are made of: priors, coders, heads, losses, suppression
proposer/       where in a picture there may be objects: windows, boxes from a file
region_stages/  what R-CNN and SPPnet fit after the gradient descent

ap_metric       average precision with its interval: what the task is judged by
matched         which detections of an image are right; AP of any set of images
heads           what its raw numbers mean, for numpy
sliding_window  a classifier on windows of several scales
tiles           one answer about a large picture from those about its parts; tile_shapes: its masks and joints
image_boxes     what is true in an image and what was predicted, as tensors of boxes
coco_ap         COCO's average precision, for boxes, masks and keypoints
voc_ap          VOC's average precision, precision-recall curves, the threshold of the best F1
box_confusion   which class was taken for which, with "missed" and "nothing there"
box_suspects    boxes of the data that are missing, loose, of another class, around nothing
error_kinds     wrong class, loose box, duplicate, background, missed: what mending each would give
"""
