"""Paint with a network.

painting/         by optimization: stylize, texture
networks/         in one pass: train_style, apply_style, and the networks that they train and look with
losses/           Gram matrices, content and style, total variation
settings          every setting of a painting      events       what a painting reports
image_io          pictures <-> pixels 0..1         color_transfer    the content's colors
"""
