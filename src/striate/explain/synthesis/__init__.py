"""Pictures made for a network, by gradient steps on their pixels.

visualize           what raises an objective            invert            what has a layer's features
objectives          class, channel, neuron, direction   regularizers      penalties
image_prior         what a natural picture has          jitter            small movements at every step
initial_image       what a picture begins as            image_parameterization    waves and colors
"""
