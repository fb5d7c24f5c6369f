"""What detectors are made of; each part can be exchanged alone.

    images -> features -> DenseHead -> raw --Coder, Priors--> boxes and scores --Finish--> Detections
                                        ^
    objects --assignment, Sampler-------+-- loss

features      a backbone, and the maps that are looked at
object_sizes  how large the objects of a data set are, as the network sees them
priors        boxes that are there before anything is seen: anchors of a grid, SSD's default boxes
coders        numbers that a network gives <-> boxes
assignment    which prior learns which object
dense_head    maps of features -> numbers for every prior
finish        boxes and scores -> what a user sees: threshold, suppression, the best
ssd_loss      SSD's losses, with hard negatives
loss_sums     losses of images as sums, and by what they are divided
yolo_loss     YOLO's losses: is there an object, which, and how well the boxes overlap

Of detectors with two stages:

first_stage      proposes regions; a network that learns it is rpn
rpn              region proposal network: anchors, objectness, deltas, suppression
region_anchors   its anchors: given sizes and ratios, or the typical sizes of the data's objects
region_sampling  which anchors and regions the losses look at, and which object each learns
given_proposals  proposes what was found in pixels
region_pool      regions of maps -> the same number of bins
spatial_pyramid  ... of three levels; position_sensitive: from maps of their own; warped_crops: of the image
region_head      bins -> classes and boxes
machines_and_ridge  support vector machines and a regression in the place of learned scores
branch           further questions about regions with an object: masks, joints, captions
mask_branch      a small mask of every class; learned_masks: what it learns
keypoint_branch  a map of places for every joint; heat_maps: maps <-> points
"""
