import pytest

from striate.errors import SettingError, ShapeError
from striate.zoo.cost.layer_cost import blocks


def costs(text: str, *size: int) -> list[tuple[int, int]]:
    (block,) = blocks([text], size).blocks
    return [(layer.parameters, layer.multiplications) for layer in block.layers]


def test_a_bottleneck_makes_a_tenth_of_the_multiplications():
    # 28 * 28 * 32 * 5 * 5 * 192 = 120,422,400; 28 * 28 * 16 * 192 + 28 * 28 * 32 * 5 * 5 * 16 = 12,443,648
    plain, narrow = blocks(["5x5x32", "1x1x16, 5x5x32"], (192, 28, 28)).blocks
    assert (plain.multiplications, narrow.multiplications) == (120_422_400, 2_408_448 + 10_035_200)
    assert plain.layers[-1].shape == narrow.layers[-1].shape == (32, 28, 28)


@pytest.mark.parametrize(("f", "maps"), [(3, 128), (5, 32), (3, 1024)])
def test_a_separable_convolution_makes_one_over_maps_plus_one_over_f_squared_of_them(f, maps):
    plain, separable = blocks([f"{f}x{f}x{maps}", f"{f}x{f},1x1x{maps}"], (64, 56, 56)).blocks
    assert separable.multiplications / plain.multiplications == pytest.approx(1 / maps + 1 / f**2)


def test_weights_are_shared_and_connections_few():
    # 32x32x3 -> 28x28x6: (5 * 5 * 3 + 1) * 6 = 456 parameters, each weight used at 28 * 28 = 784 places, each
    # output sees 75 of 3,072 inputs; fully connected 3,072 * 4,704 + 4,704 = 14,455,392 parameters
    conv, full = blocks(["5x5x6 valid", "fc4704"], (3, 32, 32)).blocks
    (one,), (other,) = conv.layers, full.layers
    assert (one.shape, one.parameters, one.shared) == ((6, 28, 28), 456, 784)
    assert one.seen == pytest.approx(75 / 3072)
    assert (other.parameters, other.shared, other.seen) == (14_455_392, 1, 1.0)


def test_a_stride_halves_the_map_rounded_up():  # same padding: ceil(15 / 2) = 8
    assert costs("3x3x4 /2,fc10", 1, 15, 15) == [(40, 9 * 4 * 64), (2570, 4 * 64 * 10)]


def test_the_table_compares_each_block_with_the_first():
    lines = str(blocks(["5x5x32", "1x1x16,5x5x32"], (192, 28, 28))).splitlines()
    assert lines[2].split()[-1] == "1.000"
    assert lines[-1].split() == ["together", "15,920", "12,443,648", "0.103"]


@pytest.mark.parametrize("text", ["", "5x5x", "5x3x32", "0x0x3", "3x3x0", "fc", "3x3x4 /0", "3x3x4 same"])
def test_other_writing_is_refused(text):
    with pytest.raises(SettingError, match="the layer is"):
        blocks([text], (3, 32, 32))


def test_a_convolution_cannot_follow_a_fully_connected_layer():
    with pytest.raises(ShapeError, match="follows a fully connected layer"):
        blocks(["fc10,3x3x4"], (3, 32, 32))


def test_a_window_larger_than_its_map_is_refused():
    with pytest.raises(ShapeError):
        blocks(["5x5x4 valid"], (3, 4, 4))
