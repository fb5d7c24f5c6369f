"""Where in a picture there may be an object: the boxes that a detector with two stages looks at.

proposer             Proposer: picture -> Proposals, the most promising first
selective_proposals  selective search, fast or thorough
window_proposals     windows of several sizes and shapes, all over the picture
file_proposals       boxes that somebody wrote into a file
network_proposals    regions of the first stage of a detector
cached_proposals     boxes that were found once are kept
proposers            proposers by name; boxes of many pictures by several threads
proposal_recall      how many objects the first N boxes find
"""
