"""Weights from elsewhere.

pretrained          a classifier by its name      published_weights    which there are
checkpoint_reader   the tensors of a file         load_weights         into a network of ours
shipped             those that come with striate
download            a file, checked by its hash   norm_epsilon         norms with another epsilon
detector_weights    into a detector               segmenter_weights    into a segmentation network
captioner_weights   into one that has words       whole_networks       by the task that they are of
coco_classes        the names of COCO's numbers   voc_classes         those of Pascal VOC
lent_backbone       a backbone that learned in another network goes on in a detector
keys/               what tensors are called in torchvision and timm, one file for a family
"""
