"""What detectors are made of; each part can be exchanged alone.

    images -> features -> DenseHead -> raw --Coder, Priors--> boxes and scores --Finish--> Detections
                                        ^
    objects --assignment, Sampler-------+-- loss

object_sizes  how large the objects of a data set are, as the network sees them
priors        boxes that are there before anything is seen: anchors of a grid, SSD's default boxes
coders        numbers that a network gives <-> boxes
assignment    which prior learns which object
dense_head    maps of features -> numbers for every prior
finish        boxes and scores -> what a user sees: threshold, suppression, the best
ssd_loss      SSD's losses, with hard negatives
yolo_loss     YOLO's losses: is there an object, which, and how well the boxes overlap
"""
