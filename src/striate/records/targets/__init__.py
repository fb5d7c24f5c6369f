"""What is known of the images of a batch: one class and one file for each kind of knowledge.

    targets.py           Targets: what all of them can do
    class_targets.py     labels (N,) or (N, K)             which class
    identity_targets.py  labels (N,)                       whom each shows; equal numbers are the same
    point_targets.py     points (N, L, 2), visible (N, L)  where L named points are
    box_targets.py       boxes (M, 4), labels (M,), counts (N,)   M boxes on N images, none on some of them;
                         masks, joints and captions of them where they are known
    caption_targets.py   text (T,), lengths (M,)           what is said of regions or of whole images
    mask_targets.py      masks (N, H, W)                   the class of every pixel
    picture_targets.py   pictures (N, C, H, W)             what the pictures themselves shall become

Whatever moves pixels gives the affine map that it applied, and ``moved`` takes the targets along.
"""
