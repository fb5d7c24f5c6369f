"""Which pixels an answer depends on.

methods             the methods by name        explanation       their result; archive: its files
saliency, smoothgrad, integrated_gradients, guided_backprop, gradcam, occlusion    one method each
gradients           asks a network with gradients and leaves it as it was
partial_forward     as far as the last layer that is read
relu_rules          every ReLU with another rule for its gradient
target              what is explained; detection_target: one object of a detector
region_target       a class over pixels of a segmenter; word_target: a word of a caption
caption_word_target a word of the caption of a whole picture
supported           which models can be explained
layers, layer_names, filters                   the layers and the filters of a model
one_line            a record in one line
"""
