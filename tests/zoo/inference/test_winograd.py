"""Fewer multiplications give the same maps."""

from importlib import import_module

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from striate.zoo.inference.openvino_engine import openvino as without_reports
from striate.zoo.inference.winograd import LEAST_CHANNELS, with_fewer_multiplications

openvino, ops = without_reports(), import_module("openvino.opset13")
EXACT = {"INFERENCE_PRECISION_HINT": "f32"}


def graph_of(weight, shape, stride=1, dilation=1):
    images = ops.parameter(shape, np.float32)
    steps, gaps = [stride, stride], [dilation, dilation]
    found = ops.convolution(images, ops.constant(weight), steps, gaps, gaps, gaps)
    return openvino.Model([ops.result(ops.relu(found))], [images])


def kernels(graph):
    convolutions = [one for one in graph.get_ops() if one.get_type_name() == "Convolution"]
    return [list(one.input_value(1).get_shape())[2:] for one in convolutions]


@pytest.mark.parametrize("size", [(36, 36), (30, 44)])
def test_the_map_is_that_of_the_convolution(size):
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(LEAST_CHANNELS, LEAST_CHANNELS, 3, 3, generator=generator) / 30
    images = torch.randn(2, LEAST_CHANNELS, *size, generator=generator)
    graph = graph_of(weight.numpy(), [-1, LEAST_CHANNELS, *size])
    other = with_fewer_multiplications(graph)
    assert kernels(other) == [[1, 1]] * 16
    assert kernels(graph) == [[3, 3]]
    found = openvino.Core().compile_model(other, "CPU", EXACT)([images.numpy()])[0]
    expected = F.relu(F.conv2d(images.double(), weight.double(), padding=1))
    assert torch.allclose(
        torch.from_numpy(found).double(), expected, rtol=0, atol=1e-5 * float(expected.max())
    )


@pytest.mark.parametrize(
    ("channels", "size", "steps"),
    [
        (LEAST_CHANNELS, (35, 36), {}),
        (LEAST_CHANNELS, (14, 14), {}),
        (LEAST_CHANNELS - 1, (36, 36), {}),
        (LEAST_CHANNELS, (36, 36), {"stride": 2}),
        (LEAST_CHANNELS, (36, 36), {"dilation": 2}),
    ],
)
def test_what_is_small_odd_or_in_steps_stays(channels, size, steps):
    weight = np.zeros((LEAST_CHANNELS, channels, 3, 3), np.float32)
    graph = graph_of(weight, [1, channels, *size], **steps)
    assert kernels(with_fewer_multiplications(graph)) == [[3, 3]]
