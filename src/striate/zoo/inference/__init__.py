"""What computes predictions, and files of a model for other programs.

inference         which engine answers: PyTorch as it is, or one that is built while PyTorch answers
background        the thread in which an engine is built; it ends with the process
openvino_engine   the network as OpenVINO's graph, compiled for this processor
winograd          large convolutions of 3x3 with fewer multiplications, in such a graph
torch_engine      the network in PyTorch: batch norms folded, channels last, weights converted once
fold_batch_norm   batch norms that become part of the convolution before them
graph_cache       graphs that were built once: in the user's cache folder, int8 beside the model's file
signal_stack      keeps OpenVINO from leaving a process that dies at its next signal
quantize          int8 graphs, calibrated on pictures and measured on others
export            onnx, torch and OpenVINO files, compared with the model before they take their place
export_parts      the files of a detector that looks twice

An engine takes uint8 images (N, C, H, W) and gives what ``model(images)`` gives, whatever the task.
"""
