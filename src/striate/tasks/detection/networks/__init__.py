"""The detectors, one paper a file: each composes the parts.

detection_network    what the task asks of every detector: raw numbers, losses, candidates
one_stage            features, dense head, priors, coder, loss: everything is answered in one look
yolo_v2              grid cells with anchors: YOLO v2 on any backbone
yolo_v1              a coarse grid without anchors: the first YOLO
grid_targets         what a YOLO grid is taught, as a table
ssd                  several maps with default boxes: SSD on VGG-16, or on any backbone
ssdlite              SSD with separable convolutions, on MobileNet v3
two_stage            features, first stage, region pool, head, branches: a second look at proposed regions
faster_rcnn          region proposal network and RoI align, on any backbone
rcnn                 every proposal cut out and seen by a whole network
sppnet               one pass, and a pyramid of bins of every proposal
fast_rcnn            one pass, RoI pooling and two losses
rfcn                 position-sensitive maps on which regions vote
mask_rcnn            Faster R-CNN with branches for masks and joints, and three that torchvision publishes
faster_rcnn_published  the four whose weights torchvision publishes
"""
