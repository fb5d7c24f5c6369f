"""The ground floor: pure functions on tensors, and the arithmetic of the layers that are made of them.

geometry         output size and receptive field of a layer     pool             many numbers become one
multiplications  parameters and multiplications of a layer      unpool           one number becomes many
conv             one convolution computed in three ways         normalize        response normalization
edges            hand-made kernels that find edges              total_variation  how rough an image is
intervals        the interval of a measured number, and of the difference of two models
label_noise      which labels are likely wrong, by confident learning
object_keypoint_similarity  how near joints lie, as COCO counts it
point_errors     normalised distance, correct points (pck), correct limbs (pcp)

boxes            conversion, area, IoU and its relatives
nms              suppression: greedy, by class, by objectness, soft
regions          RoI align, RoI pool, and position-sensitive
region_pooling   how regions weigh pixels, and the gradients
anchors          anchors, default boxes, grid cells, k-means of boxes
box_coder        boxes as offsets from anchors, and back
box_losses       smooth L1, GIoU and its relatives, focal, hard negatives
tile_grid        tiles that cover a large picture
tile_blend       scores of overlapping tiles become those of the picture
mirrored         an image mirrored at its edges

pixel_confusion  pixels by true and guessed class; IoU, Dice, accuracy
paste_masks      soft masks of boxes into their picture
panoptic         things by instance and stuff by class, in one number
mask_losses      cross-entropy, focal, Dice, Jaccard, Lovasz-softmax of pixels
boundary_score   how near the edges of a segmentation lie to the true ones
sub_pixel        channels become pixels, and pixels channels
checkerboard     the pattern that an upsampling draws
image_quality    PSNR and SSIM of two pictures
bicubic          a picture reduced or enlarged by a whole factor

matcher          which object an anchor learns
sampler          which anchors and images are looked at
triplet_mining   distances of vectors, and which triplets of a batch are learned from
embedding_losses contrastive, triplet, softmax and Siamese losses of vectors
retrieval_metrics    precision, mean average precision and reciprocal ranks of a search
verification_scores  ROC, equal error rate, N-way K-shot, recall at k

color_spaces     a picture in another color space
graph_segmentation    a picture falls into pieces
region_grouping  pieces become regions, the most similar first
selective_search the boxes of many groupings, which may hold objects
kernels/         compiled kernels for processors
"""

from striate.ops.anchors import (
    base_anchors,
    cell_of,
    cluster_boxes,
    default_boxes,
    default_scales,
    grid_anchors,
    grid_cells,
    pyramid_anchors,
    shape_iou,
)
from striate.ops.boundary_score import boundary_counts, boundary_f
from striate.ops.box_coder import (
    RCNN_WEIGHTS,
    SSD_WEIGHTS,
    decode_boxes,
    decode_cells,
    encode_boxes,
    encode_cells,
)
from striate.ops.box_losses import (
    complete_box_iou_loss,
    distance_box_iou_loss,
    generalized_box_iou_loss,
    hard_negatives,
    region_losses,
    sigmoid_focal_loss,
    smooth_l1_loss,
)
from striate.ops.boxes import (
    BoxFormat,
    box_area,
    box_convert,
    box_ioa,
    box_ios,
    box_iou,
    clip_boxes_to_image,
    complete_box_iou,
    distance_box_iou,
    generalized_box_iou,
    masks_to_boxes,
    remove_small_boxes,
)
from striate.ops.checkerboard import overlaps, phase_ratio, unevenness
from striate.ops.color_spaces import ColorSpace, convert_colors
from striate.ops.conv import convolution_matrix, convolve, convolve_by_matrix, convolve_slowly
from striate.ops.edges import Edges, edge_kernel, edges
from striate.ops.embedding_losses import (
    contrastive_loss,
    cosine_margin_losses,
    siamese_scores,
    softmax_losses,
    triplet_losses,
)
from striate.ops.geometry import Padding, ReceptiveField, output_size, padding_sides, same_padding
from striate.ops.graph_segmentation import graph_segmentation
from striate.ops.image_quality import psnr, ssim, studio_luma
from striate.ops.mask_losses import dice_loss, jaccard_loss, lovasz_softmax, pixel_cross_entropy, pixel_focal
from striate.ops.matcher import BACKGROUND, IGNORED, match, match_simota, match_ssd
from striate.ops.mirrored import mirrored
from striate.ops.multiplications import (
    conv_multiplications,
    conv_parameters,
    linear_multiplications,
    linear_parameters,
)
from striate.ops.nms import batched_nms, nms, objectness_nms, soft_nms
from striate.ops.normalize import local_response_norm
from striate.ops.panoptic import PanopticQuality, panoptic_counts, panoptic_quality
from striate.ops.paste_masks import paste_masks, paste_window, soft_masks
from striate.ops.pixel_confusion import class_dice, class_iou, confusion, mean_iou, pixel_accuracy
from striate.ops.pool import (
    avg_pool,
    depthwise_pool,
    global_average_pool,
    max_pool,
    max_pool_with_places,
    spatial_pyramid_pool,
)
from striate.ops.region_grouping import group_regions
from striate.ops.regions import (
    box_affine,
    context_windows,
    ps_roi_align,
    ps_roi_pool,
    pyramid_level,
    roi_align,
    roi_pool,
)
from striate.ops.sampler import Sampled, repeat_factors, sample_balanced
from striate.ops.selective_search import Strategies, selective_search
from striate.ops.sub_pixel import pixel_shuffle, pixel_unshuffle
from striate.ops.tile_blend import blended_bands, tile_weights
from striate.ops.tile_grid import tile_boxes
from striate.ops.triplet_mining import batch_triplets, mine_triplets, pair_distances, random_triplets
from striate.ops.unpool import bed_of_nails, max_unpool, nearest_unpool
from striate.ops.verification_scores import Roc, fold_accuracy, one_shot_accuracy, recall_at, roc

__all__ = [
    "BACKGROUND",
    "IGNORED",
    "RCNN_WEIGHTS",
    "SSD_WEIGHTS",
    "BoxFormat",
    "ColorSpace",
    "Edges",
    "Padding",
    "PanopticQuality",
    "ReceptiveField",
    "Roc",
    "Sampled",
    "Strategies",
    "avg_pool",
    "base_anchors",
    "batch_triplets",
    "batched_nms",
    "bed_of_nails",
    "blended_bands",
    "boundary_counts",
    "boundary_f",
    "box_affine",
    "box_area",
    "box_convert",
    "box_ioa",
    "box_ios",
    "box_iou",
    "cell_of",
    "class_dice",
    "class_iou",
    "clip_boxes_to_image",
    "cluster_boxes",
    "complete_box_iou",
    "complete_box_iou_loss",
    "confusion",
    "context_windows",
    "contrastive_loss",
    "conv_multiplications",
    "conv_parameters",
    "convert_colors",
    "convolution_matrix",
    "convolve",
    "convolve_by_matrix",
    "convolve_slowly",
    "cosine_margin_losses",
    "decode_boxes",
    "decode_cells",
    "default_boxes",
    "default_scales",
    "depthwise_pool",
    "dice_loss",
    "distance_box_iou",
    "distance_box_iou_loss",
    "edge_kernel",
    "edges",
    "encode_boxes",
    "encode_cells",
    "fold_accuracy",
    "generalized_box_iou",
    "generalized_box_iou_loss",
    "global_average_pool",
    "graph_segmentation",
    "grid_anchors",
    "grid_cells",
    "group_regions",
    "hard_negatives",
    "jaccard_loss",
    "linear_multiplications",
    "linear_parameters",
    "local_response_norm",
    "lovasz_softmax",
    "masks_to_boxes",
    "match",
    "match_simota",
    "match_ssd",
    "max_pool",
    "max_pool_with_places",
    "max_unpool",
    "mean_iou",
    "mine_triplets",
    "mirrored",
    "nearest_unpool",
    "nms",
    "objectness_nms",
    "one_shot_accuracy",
    "output_size",
    "overlaps",
    "padding_sides",
    "pair_distances",
    "panoptic_counts",
    "panoptic_quality",
    "paste_masks",
    "paste_window",
    "phase_ratio",
    "pixel_accuracy",
    "pixel_cross_entropy",
    "pixel_focal",
    "pixel_shuffle",
    "pixel_unshuffle",
    "ps_roi_align",
    "ps_roi_pool",
    "psnr",
    "pyramid_anchors",
    "pyramid_level",
    "random_triplets",
    "recall_at",
    "region_losses",
    "remove_small_boxes",
    "repeat_factors",
    "roc",
    "roi_align",
    "roi_pool",
    "same_padding",
    "sample_balanced",
    "selective_search",
    "shape_iou",
    "siamese_scores",
    "sigmoid_focal_loss",
    "smooth_l1_loss",
    "soft_masks",
    "soft_nms",
    "softmax_losses",
    "spatial_pyramid_pool",
    "ssim",
    "studio_luma",
    "tile_boxes",
    "tile_weights",
    "triplet_losses",
    "unevenness",
]
