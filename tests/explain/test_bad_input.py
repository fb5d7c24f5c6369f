"""Whatever explain, visualize, invert and embed are given: a right answer, or three lines on what to do."""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import striate
from striate.cli.main import run
from striate.data.preprocess import Preprocess
from striate.errors import LabelError, SettingError, ShapeError, StriateError
from striate.explain.attribution.methods import INSPECTIONS, METHODS, explain
from striate.explain.embeddings.embed import embed
from striate.explain.synthesis.invert import invert
from striate.explain.synthesis.objectives import channel, class_score
from striate.explain.synthesis.visualize import visualize
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.networks import create
from striate.zoo.save_load import save

IMAGES = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
PICTURE = (IMAGES[0] * 255).to(torch.uint8)
NO_GRADIENT = """the scores do not depend on the pixels by anything that has a gradient
  expected: a model whose forward neither detaches nor rounds, and that is not quantized or exported
  try: take torch.no_grad, detach and argmax out of its forward, or explain with occlusion"""
NOT_FINITE = """the scores, or what was found of them, are not finite
  expected: finite numbers
  try: look for numbers that are not finite in the weights of the model, and in the pixels"""
BACKWARD = [method for method in METHODS if method != "occlusion"]


def convolutional(activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), activation(), nn.Conv2d(4, 4, 3, padding=1), activation(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    ).eval()  # fmt: skip


class Around(nn.Module):
    """A network with something done to what it gives."""

    def __init__(self, change: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.inner, self.change = convolutional(), change

    def forward(self, x: Tensor) -> Any:
        return self.change(self.inner(x))


def told(call: Callable[[], Any]) -> str:
    with pytest.raises(StriateError) as refused:
        call()
    return str(refused.value)


@pytest.mark.parametrize("method", ["guided_backprop", "deconvnet", "guided_gradcam"])
def test_a_model_without_relus_is_told_what_works(method: str) -> None:
    assert told(lambda: explain(convolutional(nn.GELU), IMAGES, method)) == (
        f"Sequential has no ReLU, which {method} needs\n"
        "  expected: a model with one ReLU or more\n"
        "  try: the method saliency or integrated_gradients"
    )


def test_a_layer_that_is_never_reached_is_named_by_all() -> None:
    model = convolutional()
    model.idle = nn.Conv2d(3, 3, 1)
    model.forward = lambda x: nn.Sequential(*list(model)[:-1])(x)  # type: ignore[method-assign]
    never = (
        "the layer 'idle' was never reached\n"
        "  expected: a layer that the picture runs through\n"
        "  try: another layer, as `striate summary` lists them"
    )
    assert told(lambda: explain(model, IMAGES, "gradcam", layer="idle")) == never
    assert told(lambda: explain(model, IMAGES, "activations", layer="idle")) == never
    assert told(lambda: explain(model, IMAGES, target=channel("idle", 0))) == never
    assert told(lambda: visualize(model, channel("idle", 0), (3, 16, 16))) == never
    assert told(lambda: invert(model, PICTURE, "idle")) == never


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("kind", "change"), [("list", lambda y: [y, y]), ("dict", lambda y: {"scores": y})])
def test_lists_and_dictionaries_need_a_target_function(method: str, kind: str, change: Any) -> None:
    model = Around(change)
    assert told(lambda: explain(model, IMAGES, method)) == (
        f"the model gives {kind} for 2 images\n"
        "  expected: (2, K), one row of class scores for each image\n"
        "  try: explain a classifier, or say what is explained: target=(3, 1), or target=lambda output: ..."
    )
    options = {"samples": 2} if method == "smoothgrad" else {}
    first = (lambda output: output[0][:, 1]) if kind == "list" else (lambda output: output["scores"][:, 1])
    found = explain(model, IMAGES, method, target=first, **options)
    plain = explain(model.inner, IMAGES, method, target=1, **options)
    assert torch.equal(found.values, plain.values)


def test_visualize_says_what_a_model_without_scores_has_instead() -> None:
    model = Around(lambda y: {"scores": y})
    assert told(lambda: visualize(model, class_score(0), (3, 16, 16))) == (
        "the model gives dict\n  expected: class scores (N, K)\n  try: take a channel of one of its layers"
    )
    assert visualize(model, channel("inner.0", 0), (3, 16, 16), steps=1).image.shape == (3, 16, 16)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ([0, 1, 2], "there are 3 targets for 2 images"),
        ([], "there are 0 targets for 2 images"),
        (torch.tensor([1]), "there are 1 targets for 2 images"),
        (3, "there is no class 3"),
        (-1, "there is no class -1"),
        ("cat", "there is no class 'cat'"),
        (1.0, "the target is 1.0"),
        ([[0], [1]], r"the target is \[0\]"),
        ([None, 1], "the target is None"),
        (torch.tensor([0.5, 1.5]), "the target is 0.5"),
        (lambda output: output, r"the target function gave the shape \(2, 3\) for 2 images"),
        (lambda output: 1.0, "the target function gave float for 2 images"),
    ],
)
def test_targets_that_do_not_fit_are_named(target: Any, message: str) -> None:
    with pytest.raises((ShapeError, LabelError, SettingError), match=message) as refused:
        explain(convolutional(), IMAGES, target=target)
    assert str(refused.value).count("\n") == 2


@pytest.mark.parametrize(
    "target", [1, np.int64(1), torch.tensor(1), torch.tensor([1, 1]), np.array([1, 1]), (1, 1)]
)
def test_any_kind_of_integer_is_a_class(target: Any) -> None:
    assert torch.equal(
        explain(convolutional(), IMAGES, target=target).values,
        explain(convolutional(), IMAGES, target=1).values,
    )


@pytest.mark.parametrize("method", [*METHODS, *INSPECTIONS])
def test_one_pixel_is_a_picture(method: str) -> None:
    pixel = torch.full((1, 3, 1, 1), 0.5)
    if method in ("gradcam", "guided_gradcam", "activations"):
        assert told(lambda: explain(convolutional(), pixel, method)) == (
            "Sequential has no layer that gives maps\n"
            "  expected: a convolutional network, and a picture of which more than one pixel is left\n"
            "  try: a larger picture, a layer by its name, or the method saliency"
        )
        found = explain(convolutional(), pixel, method, layer="2")
    else:
        found = explain(convolutional(), pixel, method)
    assert found.values.isfinite().all()
    assert found.sheet().width > 0


@pytest.mark.parametrize("call", [
    lambda: visualize(convolutional(), class_score(0), (3, 1, 1), steps=2).image,
    lambda: invert(convolutional(), PICTURE[:, :1, :1], "0", steps=2).pictures[0],
])  # fmt: skip
def test_one_pixel_can_be_dreamed_and_inverted(call: Callable[[], Tensor]) -> None:
    assert call().shape == (3, 1, 1)
    assert call().isfinite().all()


def classifier() -> Classifier:
    torch.manual_seed(0)
    return Classifier(create("lenet5", classes=2, in_channels=3), ("cat", "dog"), Preprocess((32, 32)))


def test_a_picture_of_8000_pixels_is_seen_as_the_network_sees_it(tmp_path: Path) -> None:
    Image.new("1", (8000, 8000), 1).save(tmp_path / "large.png")
    found, wanted = (
        explain(classifier(), one) for one in (tmp_path / "large.png", Image.new("RGB", (32, 32), "white"))
    )
    assert torch.equal(found.images, wanted.images)
    assert torch.equal(found.values, wanted.values)


def test_a_module_is_asked_about_8000_pixels_at_their_full_size() -> None:
    torch.manual_seed(0)
    thin = nn.Sequential(nn.Conv2d(1, 1, 3, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    found = explain(thin, torch.rand(1, 1, 8000, 40), "gradcam", target=0)
    assert found.values.shape == (1, 8000, 40)
    assert found.sheet(64).width < 400


def test_grey_and_alpha_pictures_are_seen_as_their_colors(tmp_path: Path) -> None:
    model = classifier()
    random = np.random.default_rng(0)
    grey = Image.fromarray(random.integers(0, 256, (32, 32), dtype=np.uint8))
    alpha = grey.convert("RGBA")
    alpha.save(tmp_path / "alpha.png")
    grey.convert("LA").save(tmp_path / "la.png")
    wanted = explain(model, grey.convert("RGB"))
    for given in (grey, np.asarray(grey), alpha, tmp_path / "alpha.png", tmp_path / "la.png"):
        found = explain(model, given)
        assert torch.equal(found.images, wanted.images), given
        assert torch.equal(found.values, wanted.values)
    with pytest.raises(ShapeError, match=r"an image is uint8 \(32, 32, 4\)"):
        explain(model, np.asarray(alpha))  # an array says nothing of what its fourth channel is


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("number", [torch.nan, torch.inf])
def test_weights_that_are_no_numbers_are_told(method: str, number: float) -> None:
    model = convolutional()
    model[0].weight.data[0] = number
    assert told(lambda: explain(model, IMAGES, method)) == NOT_FINITE
    assert told(lambda: explain(model, IMAGES, method, target=lambda output: output[:, 0])) == NOT_FINITE


def test_filters_visualize_invert_and_embed_tell_it_too() -> None:
    model = convolutional()
    model[0].weight.data[0] = torch.nan
    assert "the weights of 'the first convolution' are not finite" in told(
        lambda: explain(model, IMAGES, "filters")
    )
    assert "the objective class 0 is nan" in told(lambda: visualize(model, class_score(0), (3, 8, 8)))
    assert "the features of '0' are not finite" in told(lambda: invert(model, PICTURE, "0"))
    broken = classifier()
    next(broken.parameters()).data.fill_(torch.nan)
    assert "the vector of 0 holds numbers that are not finite" in told(lambda: embed(broken, [PICTURE]))
    assert explain(model, IMAGES, "activations", layer="0").values.isnan().any()  # as they are


def test_a_gradient_that_is_no_number_is_told() -> None:  # the slope of sqrt(x) at 0
    model = Around(lambda y: (y * 0).sqrt())
    assert told(lambda: explain(model, IMAGES)) == NOT_FINITE


def dynamically_quantized() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch recommends torchao
        return torch.ao.quantization.quantize_dynamic(convolutional(), {nn.Linear}, dtype=torch.qint8)


def statically_quantized() -> nn.Module:
    quantization = torch.ao.quantization
    model = nn.Sequential(
        quantization.QuantStub(), nn.Conv2d(3, 4, 3), nn.ReLU(), quantization.DeQuantStub(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    ).eval()  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.qconfig = quantization.get_default_qconfig("x86")
        prepared = quantization.prepare(model)
        prepared(IMAGES)
        return quantization.convert(prepared)


@pytest.mark.parametrize("build", [dynamically_quantized, statically_quantized])
def test_quantized_models_have_no_gradients_and_can_be_covered(build: Callable[[], nn.Module]) -> None:
    model = build()
    for method in BACKWARD:
        if method == "gradcam" and build is statically_quantized:
            assert (
                explain(model, IMAGES, method).layer == "3"
            )  # behind it all is float: the gradient is right
            continue
        wrong, *_, hint = told(lambda method=method: explain(model, IMAGES, method)).split("\n")
        assert wrong.startswith(("the scores do not depend on", "Sequential has no ReLU"))
        assert hint.endswith(("or explain with occlusion", "the method saliency or integrated_gradients"))
    assert told(lambda: explain(model, IMAGES)) == NO_GRADIENT
    found = explain(model, IMAGES, "occlusion", window=8)
    assert found.values.any()
    assert explain(model, IMAGES, "activations").values.dtype == torch.float32


@pytest.mark.parametrize("method", BACKWARD)
def test_a_model_that_detaches_is_told(method: str) -> None:
    class Detached(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = convolutional()

        @torch.no_grad()
        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x)

    message = told(lambda: explain(Detached(), IMAGES, method))
    if "gradcam" in method:
        assert message == (
            "the scores do not depend on the layer 'inner.3' by anything that has a gradient\n"
            "  expected: a layer on the way to the scores, with no detach or rounding behind it\n"
            "  try: leave layer out, or explain with occlusion"
        )
    else:
        assert message == NO_GRADIENT
    assert explain(Detached(), IMAGES, "occlusion").values.any()


def traced() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, and still what many files hold
        return torch.jit.trace(convolutional(), IMAGES)


def exported() -> Any:
    return torch.export.export(convolutional(), (IMAGES,)).module()


@pytest.mark.parametrize(
    ("build", "kind"), [(traced, "a traced or scripted program"), (exported, "an exported program")]
)
def test_programs_are_told_to_bring_their_module(build: Callable[[], Any], kind: str) -> None:
    model = build()
    message = (
        f"the model is {kind}: its layers, ReLUs and modes cannot be seen\n"
        "  expected: the torch.nn.Module that it was made from\n"
        "  try: build the network in Python and load its state_dict"
    )
    for method in [*METHODS, *INSPECTIONS]:
        assert told(lambda method=method: explain(model, IMAGES, method)) == message
    assert told(lambda: visualize(model, class_score(0), (3, 16, 16))) == message
    assert told(lambda: invert(model, PICTURE, "0")) == message
    assert told(lambda: embed(model, [PICTURE])) == message


@pytest.mark.parametrize("model", [None, 3, torch.rand(2)])
def test_what_is_no_module_is_told(model: Any) -> None:
    for call in (
        lambda: striate.explain(model, IMAGES),
        lambda: visualize(model, class_score(0)),
        lambda: invert(model, PICTURE, "0"),
        lambda: embed(model, [PICTURE]),
    ):
        assert re.match(f"(the )?model is (of the type )?({type(model).__name__}|{model!r})\n", told(call))


def test_a_model_that_predicts_by_openvino_is_explained_by_its_network(tmp_path: Path) -> None:
    plain = build("lenet5", ["a", "b"], Preprocess((32, 32), 1, (0.5,), (0.5,)))
    save(plain, tmp_path / "model.safetensors")
    quick = striate.load(tmp_path / "model.safetensors", engine="openvino")
    image = PICTURE[:1].repeat(1, 2, 2)
    for method in METHODS:
        options = {"samples": 2} if method == "smoothgrad" else {}
        found, wanted = (explain(one, image, method, **options) for one in (quick, plain))
        assert torch.equal(found.values, wanted.values)


class Viewing(nn.Module):
    """The old way to flatten, which only maps in one piece can be."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.output = nn.Conv2d(3, 4, 3), nn.Linear(4 * 14 * 14, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x).relu()
        return self.output(x.view(len(x), -1))


def test_models_that_flatten_by_view_are_inverted_and_embedded() -> None:
    model = Viewing().eval()
    assert invert(model, PICTURE, "output", steps=2).pictures.isfinite().all()
    found = embed(Classifier(model, ("a", "b", "c"), Preprocess((16, 16))), [PICTURE])
    with torch.no_grad():
        wanted = model.conv((PICTURE[None] / 255 - 0.5) / 0.5).relu().flatten(1)
    assert torch.allclose(found.values, wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(3, 16, 16), r"was given the shape \(3, 16, 16\)"),
        (torch.rand(16), "was given Tensor"),
        ([torch.rand(3, 16, 16)], "was given list"),
        ("a.png", "was given str"),
        (torch.ones(2, 3, 16, 16, dtype=torch.int64), "was given int64"),
        (torch.rand(2, 1, 16, 16), r"Sequential fails on pixels \(2, 1, 16, 16\): Given groups=1"),
        (torch.rand(2, 3, 0, 16), r"Sequential fails on pixels \(2, 3, 0, 16\)"),
    ],
)
def test_pixels_that_do_not_fit_are_told(images: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message) as refused:
        explain(convolutional(), images)
    assert str(refused.value).count("\n") == 2


def test_a_backward_pass_that_fails_is_told() -> None:
    model = Around(lambda y: y.sigmoid().add_(1).exp())  # what the sigmoid needs for its slope is overwritten
    assert told(lambda: explain(model, IMAGES)).startswith(
        "there is no way back from the scores: one of the variables needed for gradient computation"
    )


def test_floats_of_another_width_become_those_of_the_model() -> None:
    found = explain(convolutional(), IMAGES.double(), target=0)
    assert torch.equal(found.values, explain(convolutional(), IMAGES, target=0).values)


def test_vectors_are_explained_and_not_drawn(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    found = explain(model, torch.rand(2, 4), "integrated_gradients", target=0, steps=2)
    assert found.values.shape == (2, 4)
    message = (
        "the network takes (2, 4), which is no picture\n"
        "  expected: pictures (N, C, H, W)\n"
        "  try: read the numbers in .values, or save them as .npz"
    )
    for draw in (found.show, found.heat, found.overlay, lambda: found.save(tmp_path / "a.png")):
        assert told(draw) == message
    assert found.save(tmp_path / "a.npz").exists()
    assert found.compare(found).mean == 1.0
    assert "head gives" in told(explain(classifier(), PICTURE, "activations", layer="head").show)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "smoothgrad", "samples": "many"}, "samples of smoothgrad is 'many'"),
        ({"method": "smoothgrad", "samples": 2.5}, "samples of smoothgrad is 2.5"),
        ({"method": "smoothgrad", "noise": torch.nan}, "noise is nan"),
        ({"method": "occlusion", "window": 2.5}, "window of occlusion is 2.5"),
        ({"method": "occlusion", "window": 0}, "window is 0"),
        ({"method": "occlusion", "stride": 0}, "stride is 0"),
        ({"method": "occlusion", "window": (4, 4, 4)}, "window is 4x4x4"),
        (
            {"method": "occlusion", "window": (4, 2), "stride": (2, 3)},
            "window is 4x2 and stride is 2x3 on 16",
        ),
        ({"method": "occlusion", "window": (4, 17)}, "window is 4x17"),
        ({"method": "occlusion", "window": (4, 2.5)}, r"window of occlusion is \(4, 2.5\)"),
        ({"method": "gradcam", "relu": 0}, "relu of gradcam is 0"),
        ({"method": "gradcam", "upsample": "cubic"}, "upsample is 'cubic'"),
        ({"method": "gradcam", "at": "middle"}, "at is 'middle'"),
        ({"method": "activations", "at": "middle"}, "at is 'middle'"),
        ({"method": "guided_gradcam", "upsample": "none"}, "upsample is 'none'"),
        ({"method": "gradcam", "layer": 3}, "layer is 3"),
        ({"method": "gradcam", "layer": []}, r"layer is \[\]"),
        ({"target": channel("convv", 0)}, "no layer 'convv'"),
    ],
)
def test_options_that_cannot_be_are_named(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message) as refused:
        explain(convolutional(), IMAGES, **asked)
    assert str(refused.value).count("\n") == 2


def test_the_command_line_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = build("lenet5", ["a", "b"], Preprocess((32, 32), 1, (0.5,), (0.5,)))
    save(built, tmp_path / "model.safetensors")
    Image.new("L", (40, 30), 90).save(tmp_path / "a.png")

    def said(*arguments: str) -> str:
        given = ["explain", str(tmp_path / "model.safetensors"), str(tmp_path / "a.png"), *arguments]
        assert run(given) != 0
        return capsys.readouterr().err

    assert "no layer 'nothing'" in said("--method", "gradcam", "--layer", "nothing")
    assert "samples of smoothgrad is 'many'" in said("--method", "smoothgrad", "--option", "samples=many")
    assert "the option is 'samples'" in said("--method", "smoothgrad", "--option", "samples")


@pytest.mark.parametrize("method", [*METHODS, "activations"])
def test_no_pictures_are_refused_by_every_method(method: str) -> None:
    ours = Classifier(convolutional(), ["a", "b", "c"], Preprocess((16, 16), 3))
    for model, none in ((convolutional(), torch.rand(0, 3, 16, 16)), (ours, [])):
        message = "there are no pictures\n  expected: one picture or more\n  try: name a picture"
        assert told(lambda model=model, none=none: explain(model, none, method)) == message


def test_only_the_wrong_option_of_smoothgrad_is_named() -> None:
    assert told(lambda: explain(convolutional(), IMAGES, "smoothgrad", samples=0)) == (
        "samples is 0\n  expected: 1 or more\n  try: leave samples out"
    )
    assert "noise is -1.0\n" in told(lambda: explain(convolutional(), IMAGES, "smoothgrad", noise=-1.0))


def test_an_explanation_is_compared_with_an_explanation_only() -> None:
    found = explain(convolutional(), IMAGES)
    assert told(lambda: found.compare(None)).startswith("other is None\n  expected: an Explanation\n")  # type: ignore[union-attr,arg-type]


def test_a_class_is_an_objective_and_a_list_is_none() -> None:
    named = visualize(convolutional(), 1, (3, 16, 16), steps=1)
    assert torch.equal(named.image, visualize(convolutional(), class_score(1), (3, 16, 16), steps=1).image)
    assert told(lambda: visualize(convolutional(), ["cat"], (3, 16, 16))).startswith(  # type: ignore[arg-type]
        "objective is ['cat']\n"
    )


def test_one_method_is_judged_by_its_name_alone() -> None:
    judged = striate.benchmark_explanations(convolutional(), IMAGES, methods="saliency")
    assert [row.method for row in judged.rows] == ["saliency"]
