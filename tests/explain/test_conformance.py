"""Published numbers for explanation methods: ``shared/conformance/explain.json``, models and maps.

The sources are named in the file, case by case: captum's tests, closed formulas, scikit-learn, Quantus. What
other tests hold already is listed in ``ELSEWHERE`` with its place, so that no case is lost.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from striate.explain.attribution.gradcam import weighted_maps
from striate.explain.attribution.gradients import Probe, attribute, gradients
from striate.explain.attribution.methods import explain
from striate.explain.attribution.relu_rules import ReluMode
from striate.explain.evaluation.map_similarity import rank_correlation
from striate.explain.synthesis.objectives import neuron

NAMES = {
    "saliency": "saliency",
    "integrated_gradients": "integrated_gradients",
    "guided_backprop": "guided_backprop",
    "deconvolution": "deconvnet",
    "grad_cam": "gradcam",
    "guided_grad_cam": "guided_gradcam",
    "occlusion": "occlusion",
    "activation": "activations",
}
"""Methods as the file and as we call them."""

OWN_TESTS = {
    "neuron_grad_inplace_relu_input",
    "neuron_grad_sum_selector",
    "neuron_grad_relu_alive",
    "neuron_grad_relu_dead",
    "layer_gradient_conv1",
    "gradcam_conv1_per_channel",
    "guided_backprop_covers_every_relu",
    "rank_similarity_0",
    "saliency_relu_formula",
    "ig_f2",
}
"""Cases that this file asks in a way of their own."""

ELSEWHERE = {
    "pca_10pts": "tests/explain/test_maps.py",
    "tsne_transform_quality": "tests/explain/test_maps.py",
    "retrieval_accuracy_6queries": "tests/ops/test_retrieval_metrics.py",
    "gram_raw": "tests/style/test_gram.py",
    "content_loss_layer": "tests/style/test_gram.py",
    "adain": "tests/style/test_adain.py",
    "topk_intersection": "tests/explain/test_pointing.py",
    "pointing_game_miss": "tests/explain/test_pointing.py",
    "deletion_insertion_linear4": "tests/explain/test_deletion.py",
}

NOT_OURS = {"hirescam_conv1", "lrp_epsilon", "lrp_basic_conv"}
"""Methods that striate does not have. Mining and losses of embeddings: tests/ops/test_embedding_cases.py."""


class Layers(nn.Module):
    """A model of the file: its layers in a row; two inputs are added first."""

    def __init__(self, layers: list[dict[str, Any]], other: Tensor | None, inplace: bool) -> None:
        super().__init__()
        self.other = other
        for layer in layers:
            self.add_module(layer["name"], built(layer, inplace))

    def forward(self, x: Tensor) -> Tensor:
        x = x if self.other is None else x + self.other
        for layer in self.children():
            x = layer(x)
        return x


def built(layer: dict[str, Any], inplace: bool) -> nn.Module:
    if layer["op"] in ("relu", "flatten"):
        return nn.ReLU(inplace) if layer["op"] == "relu" else nn.Flatten()
    weight = torch.tensor(layer["weight"], dtype=torch.float64)
    biased = layer["bias"] is not None
    made: nn.Module = (
        nn.Linear(*reversed(weight.shape), bias=biased)
        if layer["op"] == "linear"
        else nn.Conv2d(weight.shape[1], weight.shape[0], tuple(weight.shape[2:]), bias=biased)
    )
    made.double().weight.data = weight
    if biased:
        made.bias.data = torch.tensor(layer["bias"], dtype=torch.float64)
    return made


@pytest.fixture(scope="module")
def known(shared_data: Path) -> dict[str, Any]:
    return json.loads((shared_data.parent / "conformance" / "explain.json").read_text())


@pytest.fixture(scope="module")
def cases(known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in known["cases"]}


def tensors(values: list[Any]) -> list[Tensor]:
    return [torch.tensor(value, dtype=torch.float64) for value in values]


def asked(case: dict[str, Any]) -> dict[str, Any]:
    """The options of ``explain`` for a case of the file."""
    method = NAMES[case["method"]]
    options = {"layer": case.get("layer"), "target": case.get("target"), "relu": case.get("relu")}
    options["at"] = "input" if case.get("at") == "layer_input" else None
    options["upsample"] = "none" if method == "gradcam" else case.get("upsample")
    options["stride"], options["baseline"] = case.get("stride"), case.get("baseline")
    window = case.get("window")  # [2], or [[1, 4, 4], [1, 4, 4]] for two inputs
    options["window"] = None if window is None else window[0] if len(window) == 1 else window[0][-1]
    return {"method": method} | {name: value for name, value in options.items() if value is not None}


def model_of(known: dict[str, Any], case: dict[str, Any], other: Tensor | None = None) -> nn.Module:
    return Layers(known["models"][case["model"]]["layers"], other, case.get("inplace_relu", False))


DIRECT = [
    "act_linear2", "act_relu", "act_relu_input_inplace", "deconv_one_conv", "deconv_two_inputs",
    "gbp_inplace_relu", "gradcam_conv1", "gradcam_conv1_x_plus_1", "gradcam_layer_input_relu",
    "gradcam_relu1", "gradcam_two_inputs", "guided_gradcam_inplace_relu_input", "guided_gradcam_relu1",
    "occ_1", "occ_batch2", "occ_conv_whole_image", "occ_window2_baseline10", "occ_window2_stride2",
]  # fmt: skip


def test_no_case_is_left_out(known: dict[str, Any]) -> None:
    ours = {case["id"] for case in known["cases"] if case["group"] not in ("mining", "loss")}
    assert ours == {*DIRECT, *OWN_TESTS, *ELSEWHERE, *NOT_OURS}


@pytest.mark.parametrize("name", DIRECT)
def test_a_published_map_is_reproduced(known: dict[str, Any], cases: dict[str, Any], name: str) -> None:
    case = cases[name]
    inputs, expected = tensors(case["inputs"]), tensors(case["expected"])
    for place, wanted in enumerate(expected):  # one input is explained, the other one stays what it is
        other = inputs[1 - place] if len(inputs) == 2 else None
        found = explain(model_of(known, case, other), inputs[place], **asked(case)).values
        assert found.numel() == wanted.numel()
        assert torch.allclose(found.view_as(wanted), wanted, atol=1e-9), found


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("neuron_grad_relu_dead", "relu"),
        ("neuron_grad_relu_alive", "relu"),
        ("neuron_grad_inplace_relu_input", "linear1"),  # the ReLU is given what linear1 gives
    ],
)
def test_the_gradient_of_a_neuron_has_it_as_the_target(
    known: dict[str, Any], cases: dict[str, Any], name: str, layer: str
) -> None:
    case = cases[name]
    (x,), (wanted,) = tensors(case["inputs"]), tensors(case["expected"])
    found = explain(model_of(known, case), x, "saliency", target=neuron(layer, case["neuron"][0]))
    assert torch.allclose(found.values, wanted)
    assert found.targets == (f"{layer} neuron {case['neuron'][0]}",)


def test_the_gradient_of_a_sum_of_neurons(known: dict[str, Any], cases: dict[str, Any]) -> None:
    case = cases["neuron_grad_sum_selector"]
    (x,), (wanted,) = tensors(case["inputs"]), tensors(case["expected"])
    whole = neuron("relu", 0) + neuron("relu", 1) + neuron("relu", 2) + neuron("relu", 3)
    assert torch.allclose(explain(model_of(known, case), x, target=whole).values, wanted)


def test_the_weighted_maps_of_gradcam_one_by_one(known: dict[str, Any], cases: dict[str, Any]) -> None:
    case = cases["gradcam_conv1_per_channel"]
    (x,), (wanted,) = tensors(case["inputs"]), tensors(case["expected"])
    found, _ = attribute(model_of(known, case), x, 0, partial(weighted_maps, layer="conv1"))
    assert torch.allclose(found, wanted)


def test_the_gradient_by_what_a_layer_gives(known: dict[str, Any], cases: dict[str, Any]) -> None:
    case = cases["layer_gradient_conv1"]
    (x,), (wanted,) = tensors(case["inputs"]), tensors(case["expected"])
    probe = Probe(model_of(known, case))
    with probe.watching(["conv1"], begin=True) as seen:
        scores = probe(x)[:, case["target"]]
    assert torch.allclose(gradients(scores, seen["conv1"]), wanted)


class Formula(nn.Module):
    def __init__(self, formula: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.formula = formula

    def forward(self, x: Tensor) -> Tensor:
        return self.formula(x)


def test_the_magnitude_of_a_gradient_of_one_minus_relu(cases: dict[str, Any]) -> None:
    case = cases["saliency_relu_formula"]
    x, wanted = torch.tensor(case["inputs"][0])[:, None], torch.tensor(case["expected"][0])
    found = explain(Formula(lambda x: 1 - torch.relu(1 - x)), x, target=0)
    assert found.values.abs().flatten().tolist() == wanted.tolist()


def test_two_formulas_of_one_function_have_the_same_integrated_gradients(cases: dict[str, Any]) -> None:
    # Sundararajan et al. 2017, appendix: f(3, 1) - f(0, 0) = 1 = 1.5 - 0.5 for both; captum allows 0.05
    case = cases["ig_f2"]
    x, wanted = torch.tensor(case["inputs"]).T, torch.tensor(case["expected"]).T
    first = Formula(lambda x: torch.relu(torch.relu(x[:, :1]) - 1 - torch.relu(x[:, 1:])))
    second = Formula(lambda x: torch.relu(torch.relu(x[:, :1] - 1) - torch.relu(x[:, 1:])))
    for model in (first, second):
        found = explain(model, x, "integrated_gradients", steps=200, baseline=case["baseline"])
        assert torch.allclose(found.values, wanted, atol=case["atol"])


def test_the_rank_similarity_of_two_maps(cases: dict[str, Any]) -> None:
    case = cases["rank_similarity_0"]
    one, other = (torch.tensor(case[name], dtype=torch.float64) for name in ("a", "b"))
    assert round(rank_correlation(one, other), 2) == case["expected"]["spearman"]


RELUS = {
    "resnet18": 17,
    "densenet121": 121,
    "vgg11": 10,
    "squeezenet1_1": 26,
    "googlenet": 57,
    "inception_v3": 94,
}
"""Applications in one forward pass, of modules used again, in place and as functions."""


@pytest.mark.parametrize("name", RELUS)
def test_the_guided_rule_meets_every_relu(cases: dict[str, Any], name: str) -> None:
    assert cases["guided_backprop_covers_every_relu"]["relu_applications"] == RELUS
    with torch.device("meta"):
        calm = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        model = models.get_model(name, weights=None, **calm).eval()
        with ReluMode("guided") as relus:
            model(torch.empty(1, 3, 96, 96))
    assert relus.count == RELUS[name]
