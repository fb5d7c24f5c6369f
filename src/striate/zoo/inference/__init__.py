"""How predictions are computed, and written for other programs.

inference           which engine computes         export           ONNX, torch, OpenVINO
torch_engine        PyTorch                       openvino_engine  OpenVINO
fold_batch_norm     norms within convolutions     quantize         int8
graph_cache         graphs that were built once
"""
