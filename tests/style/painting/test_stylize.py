"""A content in a style: what is kept, what is said, what is refused."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from striate.errors import ImageError, ModelFileError, RunError, SettingError, ShapeError
from striate.style.events import Event, Painted, Planned
from striate.style.networks.feature_layers import layers_of
from striate.style.painting.optimize import Painting
from striate.style.painting.stylize import stylize
from striate.style.painting.texture import texture
from striate.style.settings import Settings
from striate.tasks.classification.classifier import Classifier
from striate.zoo.build import build
from striate.zoo.networks import create
from striate.zoo.save_load import save

QUICK: dict[str, Any] = {"network": "resnet20", "weights": "random", "steps": 4}


def costs(painting: Painting) -> list[float]:
    return [step["total"] for step in painting.costs]


def test_the_cost_falls_and_the_size_is_the_contents(picture: Path, style: Path) -> None:
    painting = stylize(picture, style, **{**QUICK, "steps": 12})
    assert painting.image.shape == (3, 48, 40)
    assert painting.image.dtype == torch.uint8
    assert min(costs(painting)) < 0.5 * costs(painting)[0]
    assert painting.costs[0]["content"] == 0  # it begins with the content


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("start", ["content", "noise"])
def test_one_seed_gives_one_painting(picture: Path, style: Path, optimizer: str, start: str) -> None:
    first, second = (stylize(picture, style, optimizer=optimizer, start=start, **QUICK) for _ in range(2))
    assert torch.equal(first.image, second.image)
    assert costs(first) == costs(second)


def test_another_seed_gives_another_noise(picture: Path, style: Path) -> None:
    first, second = (stylize(picture, style, start="noise", seed=seed, **QUICK) for seed in (0, 1))
    assert not torch.equal(first.image, second.image)


def test_by_tiles_it_is_the_same_painting(picture: Path, style: Path) -> None:
    kept = {**QUICK, "precision": "float32", "content_layers": "stem", "style_layers": "stem,stages.0"}
    whole = stylize(picture, style, **kept)
    tiled = stylize(picture, style, tile=16, **kept)
    assert (whole.image.int() - tiled.image.int()).abs().max() <= 2
    assert "in tiles of 16" in tiled.notes[-1]


def test_what_is_planned_is_said_before_the_first_step(picture: Path, style: Path) -> None:
    heard: list[Event] = []
    stylize(picture, style, on_event=heard.append, scales=2, **QUICK)
    planned, *painted = heard
    assert isinstance(planned, Planned)
    assert "40 x 48 pixels, at most about 0." in planned.notes[-1]
    assert "random weights" in planned.notes[0]
    assert planned.steps == len(painted) == 8
    assert [event.size for event in painted if isinstance(event, Painted)] == [(24, 20)] * 4 + [(48, 40)] * 4


def test_ctrl_c_keeps_the_best_so_far(picture: Path, style: Path) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Painted) and event.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    painting = stylize(picture, style, on_event=stop, **{**QUICK, "steps": 50, "scales": 2})
    assert painting.interrupted
    assert len(painting.costs) == 3
    assert painting.image.shape == (3, 48, 40)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_preview_is_a_picture_of_how_far_it_is(picture: Path, style: Path, tmp_path: Path) -> None:
    seen = []
    preview = tmp_path / "preview.png"
    stylize(picture, style, preview=preview, on_event=lambda event: seen.append(preview.exists()), **QUICK)
    assert seen == [False, False, True, True, True]
    with Image.open(preview) as shown:
        assert shown.size == (40, 48)


def test_a_preview_that_cannot_be_written_is_refused_before_the_first_step(
    picture: Path, style: Path, tmp_path: Path
) -> None:
    heard: list[Event] = []
    for name, words in (("how.xyz", "ends in .xyz"), ("", "is a folder"), (f"{style.name}/a.png", "a file")):
        with pytest.raises(RunError, match=words):
            stylize(picture, style, preview=tmp_path / name, on_event=heard.append, **QUICK)
        with pytest.raises(RunError, match=words):
            texture(style, preview=tmp_path / name, on_event=heard.append, steps=1)
    assert not heard


def test_luminance_keeps_the_hues_of_the_content(style: Path) -> None:
    green = np.zeros((32, 32, 3), np.uint8)
    green[..., 1] = np.linspace(60, 160, 32).astype(np.uint8)
    painting = stylize(green, style, colors="luminance", **QUICK)
    red, _, blue = painting.image.float().flatten(1).mean(1)
    plain = stylize(green, style, **QUICK).image.float().flatten(1).mean(1)
    assert red < plain[0]
    assert abs(red - blue) < 12


def test_a_matched_style_has_the_colors_of_the_content(style: Path) -> None:
    blue = np.zeros((32, 32, 3), np.uint8)
    blue[..., 2] = np.random.default_rng(0).integers(100, 200, (32, 32))
    red, _, own = stylize(blue, style, colors="match", **QUICK).image.float().flatten(1).mean(1)
    assert own > 3 * red


def test_a_style_that_counts_nothing_changes_nothing(picture: Path, style: Path) -> None:
    alone = stylize(picture, style, **QUICK)
    mixed = stylize(picture, [style, picture], mix=(1, 0), **QUICK)
    assert torch.equal(alone.image, mixed.image)


def test_masks_of_another_size_say_where_a_style_counts(picture: Path, style: Path) -> None:
    left = np.zeros((7, 10), np.uint8)
    left[:, :5] = 255
    kept = {**QUICK, "content_layers": "stem", "style_layers": "stem", "content_weight": 0}
    painting = stylize(picture, style, masks=[left], **kept)
    content = torch.from_numpy(np.array(Image.open(picture))).permute(2, 0, 1)
    changed = (painting.image.int() - content.int()).abs().sum((0, 1))
    assert changed[:16].sum() > 20 * changed[24:].sum()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"mix": (1, 2, 3)}, SettingError, "mix is 1, 2, 3 for 1 styles"),
        ({"mix": (0,)}, SettingError, "mix is 0 for 1 styles"),
        ({"masks": [np.ones((4, 4), np.uint8)] * 2}, SettingError, "2 masks for 1 styles"),
        ({"masks": [np.zeros((4, 4), np.uint8)]}, SettingError, "black all over"),
        ({"network": "vgg91"}, SettingError, "there is no network 'vgg91'"),
        ({"network": "vgg91", "weights": "imagenet"}, SettingError, "there is no network 'vgg91'"),
        ({"style_layers": "stages.9"}, SettingError, "has no layer 'stages.9'"),
        ({"network": "resnet20", "weights": "imagenet"}, SettingError, "no published weights for resnet20"),
        ({"weights": "missing.pth"}, ModelFileError, "missing.pth"),
    ],
)
def test_what_does_not_fit_is_refused(
    picture: Path, style: Path, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as raised:
        stylize(picture, style, **{**QUICK, **given})
    assert str(raised.value).count("\n") == 2


def test_no_style_is_refused(picture: Path) -> None:
    with pytest.raises(SettingError, match="there is no style"):
        stylize(picture, [], **QUICK)


@pytest.mark.parametrize("small", ["picture", "style"])
def test_a_picture_of_one_pixel_is_refused(picture: Path, style: Path, small: str) -> None:
    pixel = np.full((1, 1, 3), 9, np.uint8)
    given = (pixel, style) if small == "picture" else (picture, pixel)
    with pytest.raises(ShapeError, match=f"the {small} is 1 x 1 pixels"):
        stylize(*given, **QUICK)


def test_one_pixel_is_painted_where_the_network_keeps_every_pixel(style: Path) -> None:
    pixel = np.full((1, 1, 3), 9, np.uint8)
    assert (
        stylize(pixel, style, **{**QUICK, "style_layers": "stem", "content_layers": "stem"}).image.numel()
        == 3
    )


def test_a_picture_of_8000_pixels_is_shrunk_first(style: Path) -> None:
    wide = np.broadcast_to(np.arange(8000, dtype=np.uint8)[None, :, None], (1500, 8000, 3))
    painting = stylize(np.ascontiguousarray(wide), style, **{**QUICK, "size": 128, "steps": 1})
    assert painting.image.shape == (3, 24, 128)


def test_a_painting_too_large_for_the_memory_is_refused(
    picture: Path, style: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("striate.style.painting.tiling.free_bytes", lambda device: 10_000_000)
    with pytest.raises(SettingError, match=r"a painting of 40 x 48 pixels takes about 0\.2 GB, and 0\.0"):
        stylize(picture, style, **QUICK)


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "1"])
def test_grey_and_transparent_pictures_are_painted(
    picture: Path, style: Path, tmp_path: Path, mode: str
) -> None:
    other = tmp_path / "other.png"
    Image.open(picture).convert(mode).save(other)
    assert stylize(other, other, **{**QUICK, "steps": 1}).image.shape == (3, 48, 40)


def test_a_file_that_is_no_picture_is_named(style: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_text("no")
    with pytest.raises(ImageError, match=r"broken\.png cannot be read"):
        stylize(broken, style, **QUICK)


def model_file(path: Path, *, broken: bool = False) -> Path:
    torch.manual_seed(1)
    model: Classifier = build("lenet5", ("a", "b"), preprocess())
    if broken:
        with torch.no_grad():
            next(model.network.parameters())[0] = float("nan")
    save(model, path)
    return path


def preprocess() -> Any:
    from striate.data.preprocess import Preprocess

    return Preprocess((32, 32), 1, (0.5,), (0.5,))


def test_a_saved_grey_model_can_look(picture: Path, style: Path, tmp_path: Path) -> None:
    path = model_file(tmp_path / "mine.safetensors")
    painting = stylize(picture, style, network=path, steps=3, style_layers="stem", content_layers="stem")
    assert str(path) in painting.notes[0]
    assert costs(painting)[-1] < costs(painting)[0]


def test_weights_that_are_no_numbers_are_refused(picture: Path, style: Path, tmp_path: Path) -> None:
    path = model_file(tmp_path / "broken.safetensors", broken=True)
    with pytest.raises(ModelFileError, match="infinite or no number"):
        stylize(picture, style, network=path, steps=1)


def test_vgg_looks_where_the_paper_does() -> None:
    with torch.device("meta"):
        content, styles = layers_of(create("vgg19"), Settings())
    assert content == {"stages.2.relu4_2": 1.0}
    assert list(styles) == [
        *("stem.relu1_1", "stages.0.relu2_1", "stages.1.relu3_1", "stages.2.relu4_1", "stages.3.relu5_1")
    ]
    assert set(styles.values()) == {0.2}
