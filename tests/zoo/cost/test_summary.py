import copy
import json

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from striate.data.preprocess import Preprocess
from striate.errors import SettingError, ShapeError
from striate.zoo.build import build
from striate.zoo.cost.summary import Total, summary
from striate.zoo.networks import create

# The table of the course notes, for 32x32x3, with multiplications, fields and strides worked by hand:
# conv1 28*28*6 * 75, conv2 10*10*16 * 150, fc 400*120, 120*84, 84*10;
# fields 5, 5 + 1, 6 + 4*2, 14 + 2, 16 + 4*4; strides 1, 2, 2, 4.
NOTES = [
    ("Input", "32x32x3", 3_072, 0, 0, 1, 1),
    ("conv1", "28x28x6", 4_704, 456, 352_800, 5, 1),
    ("pool1", "14x14x6", 1_176, 0, 0, 6, 2),
    ("conv2", "10x10x16", 1_600, 2_416, 240_000, 14, 2),
    ("pool2", "5x5x16", 400, 0, 0, 16, 4),
    ("fc3", "120", 120, 48_120, 48_000, 32, None),
    ("fc4", "84", 84, 10_164, 10_080, 32, None),
    ("output", "10", 10, 850, 840, 32, None),
]


def plain(row):
    shape = "x".join(map(str, row.shape))
    return row.name, shape, row.size, row.parameters, row.multiplications, row.receptive_field, row.stride


def rows_of(model, size):
    return summary(model, size).rows


@pytest.mark.parametrize("name", ["lenet5", "lenet5_1998"])
def test_lenet_gives_the_table_of_the_notes(name):
    table = summary(create(name, classes=10), (3, 32, 32))
    assert [plain(row) for row in table.rows] == NOTES
    assert table.total == Total(size=11_166, parameters=62_006, multiplications=651_720)


def test_it_prints_as_an_aligned_table_without_color():
    lines = str(summary(create("lenet5", classes=10))).splitlines()
    assert lines[3].split() == ["conv1", "conv", "5x5", "28x28x6", "4,704", "456", "352,800", "5", "1"]
    assert len({len(line) for line in lines[:-2]}) == 1
    assert lines[-1] == "blocks: stem, stages.0, head"
    assert "\x1b" not in "".join(lines)


def test_a_notebook_shows_a_table_with_names_escaped():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.add_module("<b>", nn.Conv2d(1, 1, 1))

        def forward(self, x):
            return getattr(self, "<b>")(x)

    page = summary(Odd(), (1, 2, 2))._repr_html_()
    assert "&lt;b&gt;" in page
    assert (page.count("<tr>"), page.count("</tr>"), page.count("<th ")) == (4, 4, 8)


def test_it_becomes_json():
    told = json.loads(json.dumps(summary(create("lenet5", classes=10)).to_dict()))
    assert told["rows"][1]["shape"] == [28, 28, 6]
    assert told["total"] == {"size": 11_166, "parameters": 62_006, "multiplications": 651_720}


def test_the_norm_stands_with_its_convolution():  # 9 * 3 * 16 + 2 * 16 = 464
    row = summary(create("resnet20", classes=10)).rows[1]
    assert (row.kind, row.parameters, row.multiplications) == ("conv 3x3 + BatchNorm2d", 464, 432 * 32 * 32)


def test_resnet_20_sees_more_than_its_picture():  # 3 + 6 * 2 + (2 + 5 * 4) + (4 + 5 * 8) = 81, + 7 * 4
    fields = [row.receptive_field for row in summary(create("resnet20", classes=10)).rows]
    assert fields[-3:] == [81, 109, 109]


def test_plain_and_residual_see_the_same():
    plain_20, residual = (summary(create(name, classes=10)).rows for name in ("plain_20", "resnet20"))
    assert [row.receptive_field for row in plain_20] == [row.receptive_field for row in residual]


def test_a_classifier_is_summarised_at_its_own_size():
    grey = Preprocess((32, 33), channels=1, mean=(0.1,), std=(0.3,))
    table = summary(build("lenet5", ["a", "b"], grey))
    assert table.rows[0].shape == (32, 33, 1)
    assert table.rows[-1].shape == (2,)


class Functional(nn.Module):
    """Everything that hooks on modules do not see."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.filters = nn.Parameter(torch.zeros(4, 4, 1, 1))
        self.matrix = nn.Parameter(torch.zeros(4, 7))
        self.register_buffer("grid", torch.ones(1, 4, 8, 8))
        self.offset = torch.ones(8)  # neither a parameter nor a buffer

    def forward(self, x):
        x = F.relu_(self.conv(x)) + torch.zeros(8, device="cpu") + self.grid + self.offset
        x = F.max_pool2d(x + F.conv2d(x, self.filters), 2)
        x += torch.arange(4)
        return {"scores": x.mean((2, 3)) @ self.matrix, "others": [x, torch.tensor(1)]}


def test_functional_layers_inplace_and_made_tensors_count():
    rows = rows_of(Functional(), (3, 8, 8))
    assert [(row.name, row.shape, row.parameters, row.multiplications) for row in rows] == [
        ("Input", (8, 8, 3), 0, 0),
        ("conv", (8, 8, 4), 112, 27 * 4 * 64),
        ("convolution", (8, 8, 4), 16, 16 * 64),
        ("max_pool2d_with_indices", (4, 4, 4), 0, 0),
        ("mean", (4,), 0, 0),
        ("mm", (7,), 28, 28),
    ]


def test_a_layer_that_runs_twice_counts_its_parameters_once_and_its_work_twice():
    shared = nn.Conv2d(2, 2, 3, padding=1, bias=False)
    rows = rows_of(nn.Sequential(shared, nn.ReLU(), shared), (2, 4, 4))
    assert [row.parameters for row in rows] == [0, 36, 0]
    assert [row.multiplications for row in rows] == [0, 576, 576]  # 36 * 16
    assert [row.receptive_field for row in rows] == [1, 3, 5]


def test_tied_weights_count_once():
    first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    second.weight = first.weight
    assert summary(nn.Sequential(nn.Flatten(), first, second), (1, 2, 2)).total.parameters == 16


def test_layers_that_do_not_run_are_named_and_their_parameters_counted():
    class Spare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.spare = nn.Conv2d(1, 1, 1), nn.Linear(3, 5)

        def forward(self, x):
            return self.used(x)

    last = rows_of(Spare(), (1, 2, 2))[-1]
    assert (last.name, last.kind, last.parameters, last.receptive_field) == ("spare", "not used", 20, None)


def test_transposed_grouped_and_one_dimensional_convolutions():
    up = rows_of(nn.ConvTranspose2d(4, 6, 2, 2), (4, 5, 5))[1]  # each of 25 places meets 4 * 6 * 4 weights
    assert (up.shape, up.multiplications, up.stride) == ((10, 10, 6), 2_400, 0.5)
    deep = rows_of(nn.Conv2d(4, 4, 3, groups=4), (4, 5, 5))[1]  # 9 * 4 weights at 9 places
    assert (deep.kind, deep.multiplications) == ("conv 3x3, depthwise", 324)
    line = rows_of(nn.Conv1d(2, 3, 5, stride=2), (2, 21))[1]  # (21 - 5) / 2 + 1 = 9 places of 30 weights
    assert (line.shape, line.multiplications, line.receptive_field, line.stride) == ((9, 3), 270, 5, 2)


@pytest.mark.parametrize("make", ["weight_norm", "spectral_norm"])
def test_weights_that_are_computed_belong_to_their_layer(make):
    model = getattr(nn.utils.parametrizations, make)(nn.Conv2d(1, 2, 3))
    table = summary(model, (1, 5, 5))
    assert table.total.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert table.total.multiplications == 18 * 9
    assert len(table.rows) == 2


def test_the_model_stays_as_it_is():
    class Nosy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm, self.seen = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), []

        def forward(self, x):
            self.seen.append(x.shape)
            return self.norm(self.conv(x))

    model, calls = Nosy().train(), []
    model.conv.register_forward_hook(lambda *_: calls.append(1))
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    summary(model, (1, 5, 5))
    assert (calls, model.seen, model.training, len(model.norm._forward_hooks)) == ([], [], True, 0)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())


def test_a_model_of_100_billion_parameters_needs_no_memory():
    with torch.device("meta"):
        model = nn.Sequential(nn.Flatten(), nn.Linear(10**6, 10**5))
    assert summary(model, (1, 1000, 1000)).total.parameters == 10**11 + 10**5


def test_half_precision_and_double_work():
    for dtype in (torch.bfloat16, torch.float64):
        assert summary(create("lenet5", classes=10).to(dtype)).total.parameters == 62_006


def test_a_size_that_does_not_fit_is_an_error_of_three_parts():
    with pytest.raises(ShapeError, match="shape 1x1x28x28\n  expected: 1 channel, and sides of 32"):
        summary(create("lenet5", in_channels=1), (1, 28, 28))
    with pytest.raises(ShapeError, match="Sequential cannot take an image of 3x4x4"):
        summary(nn.Sequential(nn.Conv2d(3, 1, 5)), (3, 4, 4))


class Deciding(nn.Module):
    """Its result has as many rows as the image has bright pixels."""

    def forward(self, x):
        return x[x > 0.5]


@pytest.mark.parametrize(
    ("make", "words"), [(Deciding, "decides by the values"), (lambda: nn.LazyConv2d(2, 3), "lazy layers")]
)
def test_a_model_that_shapes_cannot_run_says_so(make, words):
    with pytest.raises(SettingError, match=words):
        summary(make(), (3, 4, 4))


@pytest.mark.parametrize("size", [(), (3, 0, 4), (3, -1, 4), (3.0, 4, 4), "3x4"])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(SettingError, match="input_size"):
        summary(nn.Conv2d(3, 1, 1), size)


def test_a_strange_model_must_be_told_its_size():
    with pytest.raises(SettingError, match="input size of Conv2d is not known"):
        summary(nn.Conv2d(3, 1, 1))


def counted_by_torch(model, size) -> int:
    """Multiplications as torch counts them: half of its floating-point operations."""
    with FlopCounterMode(display=False) as counter, torch.no_grad(), torch.device("meta"):
        model.eval()(torch.empty(1, *size))
    return counter.get_total_flops() // 2


def network_of_others(name: str) -> nn.Module:
    """One of torchvision's, without numbers where it can be built so."""
    from torchvision import models

    told = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        return models.get_model(name, weights=None, **told)


# name, parameters as torchvision publishes them, field of the result. ResNet-18: 7, pool 11, 4 layers of +8,
# then +8 +3 * 16, +16 +3 * 32, +32 +3 * 64 = 435; MobileNet 491, DenseNet 2071: Araujo et al. 2019, table 1;
# the average over 7x7 units adds 6 * 32. GoogLeNet's side branches have parameters and do not run.
PEERS = [
    ("resnet18", 11_689_512, 435 + 6 * 32),
    ("googlenet", 13_004_888, None),
    ("mobilenet_v2", 3_504_872, 491 + 6 * 32),
    ("densenet121", 7_978_856, 2071 + 6 * 32),
    ("swin_t", 28_288_354, None),
    ("vit_b_32", 88_224_232, 224),
]


@pytest.mark.parametrize(("name", "parameters", "field"), PEERS, ids=[row[0] for row in PEERS])
def test_networks_of_others_are_counted_as_published(name, parameters, field):
    torch.backends.mha.set_fastpath_enabled(False)  # it hides the weights of attention from torch's counter
    try:
        model = network_of_others(name)
        table = summary(model, (3, 224, 224))
        assert table.total.multiplications == counted_by_torch(model, (3, 224, 224))
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert table.total.parameters == parameters
    assert field in (None, table.rows[-1].receptive_field)


def test_the_builders_of_the_conformance_file_are_counted_as_there(shared_data):
    known = json.loads((shared_data.parent / "conformance" / "backbones.json").read_text())
    known = [entry for entry in known if entry.get("torchvision_builder") and entry.get("macs")]
    known = [entry for entry in known if entry["params"] < 30e6]  # those that are quick to build
    assert len(known) > 5
    for entry in known:
        total = summary(network_of_others(entry["torchvision_builder"]), entry["input"]).total
        assert total.multiplications == entry["macs"], entry["name"]
        assert total.parameters in (entry["params"], entry.get("params_with_aux")), entry["name"]


def test_parts_are_put_together_until_they_are_few():
    with torch.device("meta"):
        made = summary(create("resnet20", classes=10))
    few = ["stem.conv", "stages.0", "stages.1", "stages.2", "head.output"]
    assert [part for part, *_ in made.shares(most=5)] == few
    assert [part for part, *_ in made.shares(most=4)] == ["stem", "stages", "head"]
    fine = made.shares()
    assert len(fine) == 20  # 19 convolutions and the last layer; shortcuts cost nothing
    total = made.total
    sums = sum(row[1] for row in fine), sum(row[2] for row in fine)
    assert sums == (total.parameters, total.multiplications)


def test_the_picture_shows_a_bar_for_each_layer():
    with torch.device("meta"):
        figure = summary(create("lenet5", classes=10, in_channels=1)).picture("LeNet-5")
    left, right = figure.axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert [name.split(".")[-1] for name in names] == ["conv1", "conv2", "fc3", "fc4", "output"]
    assert [bar.get_width() for bar in left.patches] == [156, 2416, 48_120, 10_164, 850]
    assert [bar.get_width() for bar in right.patches] == [117_600, 240_000, 48_000, 10_080, 840]
