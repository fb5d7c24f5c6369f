"""Segmentation: which class every pixel of a picture belongs to.

segmenter       the task model                    networks/    the networks, one paper a file
pixel_losses    cross-entropy, Dice, focal        upscaled     scores of a small map -> classes of a large one
mask_metric     mean IoU and what goes with it    mask_tiles   pictures of any size, in bounded memory
"""
