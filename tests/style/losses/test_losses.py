"""What a painting costs: the same for the picture and for its tiles, in every number of the gradient."""

import pytest
import torch

from striate.errors import SettingError, ShapeError
from striate.style.losses.gram import content_cost, gram, style_cost
from striate.style.losses.losses import Cost, Style, Weights, content_maps, gram_means, require_side, tiles_of
from striate.style.losses.total_variation import variation_cost
from striate.style.networks.encoder import Encoder
from striate.zoo.networks import create
from tests.style.conftest import MEAN, STD, pixels

CONTENT = {"stages.0.relu2": 0.7}
STYLE = {"stem.relu1": 0.25, "stages.0.relu2": 0.25, "stages.1.relu3": 0.5}


def cost_of(encoder: Encoder, side: int | None, *, masked: bool = False, form: str = "relative") -> Cost:
    height, width = 53, 70
    content, style = pixels(height, width, 1), pixels(40, 44, 2)
    tiles = tiles_of(height, width, side, encoder) if side else []
    mask = torch.linspace(0, 1, width).expand(1, 1, height, width) if masked else None
    styles = [Style(gram_means(encoder, style), 0.6, mask), Style(gram_means(encoder, content), 0.4)]
    weights = Weights(CONTENT, STYLE, 0.3, form)  # type: ignore[arg-type]
    return Cost(encoder, weights, content_maps(encoder, content, CONTENT, tiles), styles, tiles)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("form", ["gatys", "relative"])
@pytest.mark.parametrize("side", [16, 24, 40])
def test_tiles_leave_no_seam(encoder: Encoder, side: int, form: str, masked: bool) -> None:
    painting = pixels(53, 70, 3)
    whole, slope = cost_of(encoder, None, masked=masked, form=form)(painting)
    by_tiles, tiled = cost_of(encoder, side, masked=masked, form=form)(painting)
    assert by_tiles == pytest.approx(whole, rel=1e-4)
    assert torch.allclose(tiled, slope, atol=1e-4 * float(slope.abs().max()))


@pytest.mark.parametrize("name", ["resnet20", "vgg11"])
def test_tiles_leave_no_seam_in_published_networks(name: str) -> None:
    torch.manual_seed(0)
    network = create(name, classes=2)
    layers = ["stem", "stages.0", "stages.1"]
    encoder = Encoder(network, layers, MEAN, STD)
    painting, content = pixels(96, 80, 1), pixels(96, 80, 2)
    weights = Weights({"stages.1": 1.0}, dict.fromkeys(layers, 1.0))
    found = []
    for tiles in ([], tiles_of(96, 80, 16, encoder)):
        maps = content_maps(encoder, content, weights.content, tiles)
        style = Style(gram_means(encoder, content, tiles))
        found.append(Cost(encoder, weights, maps, [style], tiles)(painting))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-3)
    assert torch.allclose(found[1][1], found[0][1], atol=1e-3 * float(found[0][1].abs().max()))


def test_the_total_is_the_sum_of_its_named_parts(encoder: Encoder) -> None:
    content, style, painting = pixels(24, 20, 1), pixels(16, 16, 2), pixels(24, 20, 3)
    cost = Cost(
        encoder,
        Weights(CONTENT, {"stem.relu1": 2.0}, 0.5, "gatys", "athalye"),
        content_maps(encoder, content, CONTENT),
        [Style(gram_means(encoder, style))],
    )
    found, _ = cost(painting)
    own, wanted, kept = encoder(painting), encoder(style), encoder(content)
    name = "stages.0.relu2"
    assert found["content"] == pytest.approx(0.7 * content_cost(own[name], kept[name], "gatys").item())
    apart = style_cost(gram(own["stem.relu1"], "lucid"), gram(wanted["stem.relu1"], "lucid"), "gatys").item()
    assert found["style"] == pytest.approx(2 * apart)
    assert found["variation"] == pytest.approx(0.5 * variation_cost(painting, "athalye").item())
    assert found["total"] == pytest.approx(found["content"] + found["style"] + found["variation"])


def test_the_gradient_is_that_of_differences(encoder: Encoder) -> None:
    cost, painting = cost_of(encoder, None), pixels(53, 70, 3)
    _, gradient = cost(painting)
    step = 1e-3 * gradient / gradient.norm() * 30
    change = cost(painting + step)[0]["total"] - cost(painting - step)[0]["total"]
    assert change == pytest.approx(2 * float((gradient * step).sum()), rel=0.02)


def test_a_mask_keeps_a_style_out_of_the_black(encoder: Encoder) -> None:
    mask = torch.zeros(1, 1, 32, 64)
    mask[..., :32] = 1
    weights = Weights({}, {"stem.relu1": 1.0})
    cost = Cost(encoder, weights, {}, [Style(gram_means(encoder, pixels(16, 16)), 1.0, mask)])
    _, gradient = cost(pixels(32, 64, 4))
    assert gradient[..., :30].abs().min() >= 0
    assert gradient[..., :32].abs().sum() > 0
    assert not gradient[..., 34:].any()


def test_tiles_cover_every_pixel_once(encoder: Encoder) -> None:
    counted = torch.zeros(53, 70)
    for tile in tiles_of(53, 70, 16, encoder):
        top, bottom, left, right = tile.core
        counted[top:bottom, left:right] += 1
        assert (top % 4, left % 4) == (0, 0)
    assert torch.equal(counted, torch.ones(53, 70))


def test_a_network_that_sees_everything_cannot_paint_by_tiles() -> None:
    encoder = Encoder(create("se_resnet18", classes=2), ("stages.0",), MEAN, STD)
    with pytest.raises(SettingError, match="sees the whole picture at once"):
        tiles_of(64, 64, 32, encoder)


def test_a_picture_smaller_than_the_stride_is_refused(encoder: Encoder) -> None:
    require_side("style", pixels(4, 9), encoder)
    with pytest.raises(ShapeError, match="the style is 9 x 3 pixels, and its deepest layer steps by 4"):
        require_side("style", pixels(3, 9), encoder)
