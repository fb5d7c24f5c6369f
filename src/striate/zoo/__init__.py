"""Networks by name, their weights, the saved-model file, prediction engines and costs.

networks             name -> builder                  build          network + classes + preprocessing
detectors            those that look once              region_detectors  those with two stages
instance_detectors   those with masks or joints
segmenters           those that score every pixel     named_backbone   what detectors and segmenters stand on
super_resolvers      those that enlarge pictures      captioners       those that write captions
network_arguments    further arguments of a network   save_load      a model to a file and back
model_file           the file: tensors and a header   weights/       published weights, other checkpoints
old_names            what saved files called things before
user_network         any nn.Module as the network of a task model
model_hash           one number for what a model computes
inference/           engines, export, int8            cost/          layers, shapes, multiplications
"""
