"""The methods on networks small enough to work by hand, and the promise that nothing is left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from striate.data.preprocess import Preprocess
from striate.errors import SettingError, ShapeError
from striate.explain.attribution.explanation import Explanation
from striate.explain.attribution.methods import INSPECTIONS, METHODS, explain
from striate.tasks.classification.classifier import Classifier
from striate.zoo.networks import create


class Written(nn.Module):
    """relu(x) summed over the pixels, the ReLU written as the test likes."""

    def __init__(self, relu: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.relu = relu
        self.scale = nn.Parameter(torch.tensor([[1.0, -1.0]]))

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x * 2).flatten(1).sum(1, keepdim=True) * self.scale


WAYS: dict[str, Callable[[Tensor], Tensor]] = {
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "function": F.relu,
    "function in place": lambda x: F.relu(x, inplace=True),
    "F.relu_": F.relu_,
    "torch": torch.relu,
    "torch in place": torch.relu_,
    "method": lambda x: x.relu(),
    "method in place": lambda x: x.relu_(),
    "unused result": lambda x: [x.relu_(), x][1],
    "clamp": lambda x: x.clamp(min=0),
    "clamp by place": lambda x: torch.clamp(x, 0),
    "clamp_min": lambda x: x.clamp_min(0),
    "maximum": lambda x: torch.maximum(x, torch.zeros(())),
    "threshold": nn.Threshold(0, 0),
    "ReLU6": nn.ReLU6(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_relu_is_caught_whichever_way_it_is_written(way):
    # y = sum relu(2 x): dy/dx = 2 where x > 0. The second class has -y: its gradient is negative everywhere.
    # guided: only positive gradients through open units; deconvnet: only positive gradients, open or not.
    x = torch.tensor([[[[1.0, -1.0]]]])
    model = Written(WAYS[way])
    assert explain(model, x, "guided_backprop", target=0).values.flatten().tolist() == [2.0, 0.0]
    assert explain(model, x, "deconvnet", target=0).values.flatten().tolist() == [2.0, 2.0]
    assert not explain(model, x, "guided_backprop", target=1).values.any()
    assert not explain(model, x, "deconvnet", target=1).values.any()
    assert explain(model, x, "saliency", target=1).values.flatten().tolist() == [-2.0, 0.0]


def test_a_clamp_that_is_no_relu_is_left_alone():
    model = Written(lambda x: x.clamp(0, 1) + x.clamp(min=-1))
    with pytest.raises(SettingError, match="no ReLU"):
        explain(model, torch.rand(1, 1, 2, 2), "guided_backprop")


def linear(*weights: float) -> nn.Module:
    layer = nn.Linear(len(weights), 2, bias=False)
    layer.weight.data = torch.tensor([weights, [0.0] * len(weights)])
    return nn.Sequential(nn.Flatten(), layer)


def test_gradient_x_input_gives_each_pixel_its_share():
    x = torch.tensor([[[[2.0, 5.0]]]])
    found = explain(linear(3.0, -4.0), x, "gradient_x_input", target=0)
    assert found.values.flatten().tolist() == [6.0, -20.0]


def test_integrated_gradients_add_up_to_the_difference_of_the_scores():
    # S = sum x^3, along x' + a (x - x') the integral of 3 (a x)^2 is x^2 for x' = 0: shares x^3, exactly
    class Cube(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.pow(3).flatten(1).sum(1, keepdim=True)

    x = torch.tensor([[[[1.0, 2.0, -3.0]]]], dtype=torch.float64)
    found = explain(Cube(), x, "integrated_gradients", steps=4)
    assert found.values.flatten().tolist() == pytest.approx([1.0, 8.0, -27.0])


def test_smoothgrad_of_a_linear_model_is_its_gradient_and_repeats_with_its_seed():
    x = torch.rand(3, 1, 1, 2)
    assert torch.allclose(
        explain(linear(3.0, -4.0), x, "smoothgrad", target=0, samples=3).values,
        torch.tensor([3.0, -4.0]).expand(3, 1, 1, 2),
    )
    model = small()
    images = torch.rand(2, 3, 12, 12)
    one, same, other = (
        explain(model, images, "smoothgrad", samples=2, seed=seed).values for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    alone = explain(model, images[1:], "smoothgrad", samples=2, seed=1).values
    assert torch.allclose(alone, one[1:], atol=1e-6)


def test_occlusion_gives_a_patch_the_fall_of_the_score_and_overlaps_their_mean():
    # score 1 a + 2 b + 3 c over a row of three, window 2 would not fit a height of 1: use 2 rows alike
    x = torch.ones(1, 1, 2, 3)
    model = linear(1.0, 2.0, 3.0, 0.0, 0.0, 0.0)
    found = explain(model, x, "occlusion", target=0, window=2, stride=1)
    # patch over columns 0-1: fall 3; over 1-2: fall 5; the middle has the mean 4
    assert found.values[0].tolist() == [[3.0, 4.0, 5.0]] * 2


def test_a_patch_may_have_a_height_and_a_width_of_its_own():
    # score 1 a + 2 b + 3 c of the first row; a patch of one row and two columns covers 1 + 2, then 2 + 3
    model = linear(1.0, 2.0, 3.0, 0.0, 0.0, 0.0)
    found = explain(model, torch.ones(1, 1, 2, 3), "occlusion", target=0, window=(1, 2), stride=(1, 1))
    assert found.values[0].tolist() == [[3.0, 4.0, 5.0], [0.0, 0.0, 0.0]]


def test_gradcam_weighs_maps_by_their_mean_gradient():
    # maps A1 = x, A2 = -x; score = 2 * sum A1 + sum A2 over 4 pixels: weights 2 and 1, so ReLU(2x - x)
    conv = nn.Conv2d(1, 2, 1, bias=False)
    conv.weight.data = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)
    head = nn.Linear(8, 1, bias=False)
    head.weight.data = torch.tensor([[2.0] * 4 + [1.0] * 4])
    model = nn.Sequential(conv, nn.Flatten(), head)
    x = torch.tensor([[[[1.0, -2.0], [3.0, 0.5]]]])
    found = explain(model, x, "gradcam")
    assert found.layer == "0"
    assert found.values[0].tolist() == [[1.0, 0.0], [3.0, 0.5]]


def small() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3), nn.ReLU(),
        nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


def state(model: nn.Module) -> list[object]:
    """All that could have been touched."""
    tensors = [tensor.clone().tolist() for tensor in model.state_dict().values()]
    flags = [(weight.requires_grad, weight.grad) for weight in model.parameters()]
    modules = [
        (part.training, len(part._forward_hooks), len(part._backward_hooks), sorted(vars(part)))
        for part in model.modules()
    ]
    return [tensors, flags, modules]


@pytest.mark.parametrize("method", [*METHODS, *INSPECTIONS])
@pytest.mark.parametrize("frozen", [False, True])
def test_nothing_is_left_behind_in_the_model(method, frozen):
    model = small().train().requires_grad_(not frozen)
    before = state(model)
    with torch.inference_mode():
        found = explain(model, torch.rand(2, 3, 12, 12), method)
    assert state(model) == before
    assert len(found) in (2, 4)  # two pictures, or four filters
    assert found.values.isfinite().all()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_left_behind_by_a_call_that_raised(method):
    def fails(output: Tensor) -> Tensor:
        raise RuntimeError("too late")

    model = small().train()
    before = state(model)
    with pytest.raises(ShapeError, match="too late"):
        explain(model, torch.rand(2, 3, 12, 12), method, target=fails)
    assert state(model) == before


def test_a_function_of_the_output_can_be_the_target():
    model, x = small(), torch.rand(2, 3, 12, 12)
    difference = explain(model, x, target=lambda output: output[:, 0] - output[:, 1]).values
    ones, others = (explain(model, x, target=number).values for number in (0, 1))
    assert torch.allclose(difference, ones - others, atol=1e-6)
    with pytest.raises(ShapeError, match="the target function gave"):
        explain(model, x, target=lambda output: output)


def test_models_that_give_a_dictionary_need_a_function():
    class Two(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"mean": x.mean((1, 2, 3))}

    with pytest.raises(ShapeError, match="the model gives dict"):
        explain(Two(), torch.rand(1, 1, 2, 2))
    found = explain(Two(), torch.rand(1, 1, 2, 2), target=lambda output: output["mean"])
    assert found.values.flatten().tolist() == [0.25] * 4


def test_several_layers_give_several_explanations():
    found = explain(small(), torch.rand(1, 3, 12, 12), "gradcam", layer=["0", "3"])
    assert [one.layer for one in found] == ["0", "3"]


def test_activations_are_every_slice_and_filters_the_first_layer():
    model, x = small().eval(), torch.rand(2, 3, 12, 12)
    volume = explain(model, x, "activations", layer="0").values
    assert torch.allclose(volume, model[0](x).detach())
    weights = explain(model, x, "filters")
    assert torch.equal(weights.values, model[0].weight.detach())
    assert (weights.images.min(), weights.images.max()) == (0.0, 1.0)
    assert weights.sheet().width > 4 * 24


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "gradkam"}, "no method 'gradkam'"),
        ({"method": "gradcam", "layer": "9"}, "no layer '9'"),
        ({"method": "gradcam", "layer": "8"}, "gives the shape"),
        ({"method": "saliency", "layer": "0"}, "was given the layer"),
        ({"method": "saliency", "samples": 3}, "no option 'samples'"),
        ({"method": "smoothgrad", "samples": 0}, "samples is 0"),
        ({"method": "integrated_gradients", "steps": 0}, "steps is 0"),
        ({"method": "occlusion", "window": 99}, "window is 99"),
        ({"method": "filters", "layer": "1"}, "is no convolution"),
    ],
)
def test_what_cannot_be_is_refused(asked, message):
    with pytest.raises(SettingError, match=message):
        explain(small(), torch.rand(1, 3, 12, 12), **asked)


def test_a_layer_that_is_never_reached_is_named():
    class Bypass(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.used(x).mean((2, 3))

    with pytest.raises(SettingError, match="'idle' was never reached"):
        explain(Bypass(), torch.rand(1, 1, 4, 4), "gradcam", layer="idle")


def test_a_map_of_zeros_says_why():
    class Shut(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(x - 10).flatten(1)

    found = explain(Shut(), torch.rand(1, 1, 1, 2))
    assert "does not change with any pixel" in (found.reasons[0] or "")
    assert explain(small(), torch.rand(1, 3, 12, 12)).reasons == (None,)


def test_the_file_keeps_all_of_it(tmp_path):
    from striate.errors import DataError
    from striate.explain.attribution.explanation import Explanation

    found = explain(small(), torch.rand(2, 3, 12, 12), "smoothgrad", target=1, samples=2, seed=5)
    found.save(tmp_path / "why.npz")
    again = Explanation.load(tmp_path / "why.npz")
    assert torch.equal(again.values, found.values)
    assert again.to_dict() == found.to_dict()
    assert again.options == {"samples": 2, "seed": 5}
    with pytest.raises(DataError, match="no model to check"):
        again.check()
    (tmp_path / "other.npz").write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="no saved explanation"):
        Explanation.load(tmp_path / "other.npz")


def test_a_folder_stands_for_its_pictures_and_drawings_name_file_answer_and_truth(tmp_path: Path):
    for kind, level in (("dark", 20), ("bright", 230)):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        Image.new("RGB", (32, 32), (level,) * 3).save(tmp_path / "pictures" / kind / f"{level}.png")
    torch.manual_seed(0)
    model = Classifier(create("lenet5", classes=2, in_channels=3), ("bright", "dark"), Preprocess((32, 32)))
    found = explain(model, tmp_path / "pictures")
    assert [Path(source).name for source in found.sources] == ["230.png", "20.png"]
    assert found.truths == ("bright", "dark")
    answers = [record.class_name for record in model.predict(list(found.sources))]
    assert list(found.answers) == list(found.targets) == answers
    other = explain(model, tmp_path / "pictures", target="dark")
    assert other.answers == found.answers
    assert found._captions(1) == ["20.png", f"saliency: {answers[1]}", f"answer {answers[1]}, true dark"]
    assert Explanation.load(found.save(tmp_path / "a.npz")).truths == found.truths
