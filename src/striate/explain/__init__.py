"""Look inside a network.

attribution/    which pixels an answer depends on: saliency, Grad-CAM, occlusion, ...
evaluation/     what a method of explanation is worth: deletion, sanity check, pointing game
synthesis/      pictures made for a network: visualize, invert
embeddings/     pictures as vectors: embed, map, nearest neighbours

Nothing is imported here.
"""
