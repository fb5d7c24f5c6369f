"""FCN-32s, 16s and 8s as published: VGG-16 whose fully connected layers became convolutions.

Long, Shelhamer, Darrell 2015, section 4 and the authors' files. https://arxiv.org/abs/1411.4038

    image, 100 zeros around it
      pool3 (stride 8) ------------------------- 1x1 -- cut 9 --> + -- 16x16, 8 times --> cut 31   8s
      pool4 (stride 16) --------- 1x1 -- cut 5 --> + -- 4x4, twice --'
      pool5 -- fc6 7x7 -- fc7 1x1 -- 1x1 -- 4x4, twice --'
                                      `---- 64x64, 32 times --> cut 19                             32s

fc6 sees 7x7 units without padding; the 100 zeros give it something to see at the edges of small images, and
shift all maps. What is cut follows from the layers (``Position``), and is not written anywhere. Scores of 21
classes take 136,152,917 (32s), 134,815,994 (16s) and 134,489,759 (8s) weights.
"""

from typing import Literal, NamedTuple, final, get_args

from torch import Tensor, nn

from striate.backbones.vgg import VGG
from striate.layers.backbone import Backbone
from striate.layers.literals import require_choice
from striate.layers.sequence import sequence
from striate.tasks.segmentation.networks.fcn_skips import bilinear_up, zero_score
from striate.tasks.segmentation.networks.segmentation_network import SegmentationNetwork, letterbox_of

Finest = Literal[32, 16, 8]

MARGIN = 100
WIDE = 4096


class Position(NamedTuple):
    """Which pixel of the image the middle of a unit of a map lies on: start + step * (number of the unit).

    >>> Position(1, 0).convolved(kernel=3, stride=1, padding=100)
    Position(step=1, start=-99.0)
    """

    step: float
    start: float

    def convolved(self, kernel: int, stride: int, padding: int) -> "Position":
        """After a convolution or a pooling."""
        return Position(self.step * stride, self.start + self.step * ((kernel - 1) / 2 - padding))

    def enlarged(self, factor: int) -> "Position":
        """After a transposed convolution with a filter of twice the factor, and no padding."""
        return Position(self.step / factor, self.start - self.step * (2 * factor - 1) / (2 * factor))

    def cut(self, finer: "Position") -> int:
        """Units of the finer map that lie before the first one of this map, which has the same step.

        >>> Position(16, -11.5).cut(Position(16, -91.5))
        5
        """
        return round((self.start - finer.start) / finer.step)


@final
class FcnVgg16(SegmentationNetwork):
    """(N, in_channels, H, W), of any size -> scores (N, classes, H, W).

    Args:
        classes: K.
        in_channels: C of the images.
        finest: stride of the finest map that is scored: 32, 16 or 8.

    Raises:
        SettingError: finest is another number.
    """

    multiple = 1

    def __init__(self, classes: int, in_channels: int = 3, *, finest: Finest = 8) -> None:
        super().__init__()
        require_choice("finest", finest, get_args(Finest))
        self.backbone = padded_vgg16(in_channels)
        self.fc6 = sequence(conv=nn.Conv2d(512, WIDE, 7), relu=nn.ReLU(), drop=nn.Dropout())
        self.fc7 = sequence(conv=nn.Conv2d(WIDE, WIDE, 1), relu=nn.ReLU(), drop=nn.Dropout())
        skips = {stride: channels for stride, channels in ((16, 512), (8, 256)) if stride >= finest}
        self.score = zero_score(WIDE, classes)
        self.score_pool = nn.ModuleDict({str(one): zero_score(skips[one], classes) for one in skips})
        self.up = nn.ModuleDict({str(one): bilinear_up(classes, 2, cropped=False) for one in skips})
        self.up_last = bilinear_up(classes, finest, cropped=False)
        self.skip_cuts, self.last_cut = self._cuts(finest)
        self.expects(letterbox_of(in_channels))

    def scores(self, images: Tensor) -> Tensor:
        """Images -> scores."""
        pools = self.pools(images)
        x = self.score(self.fc7(self.fc6(pools[32])))
        for stride, up in self.up.items():
            x = up(x)
            own = self.score_pool[stride](pools[int(stride)])
            x = x + cut_out(own, self.skip_cuts[int(stride)], x.shape[-2], x.shape[-1])
        return cut_out(self.up_last(x), self.last_cut, images.shape[-2], images.shape[-1])

    def pools(self, images: Tensor) -> dict[int, Tensor]:
        """What the poolings of stride 8, 16 and 32 give."""
        x, found = self.backbone.stem(images), dict[int, Tensor]()
        for number, stage in enumerate(self.backbone.stages, start=1):
            for part in stage.children():
                x = part(x)
                if isinstance(part, nn.MaxPool2d):
                    found[1 << number] = x
        return found

    def _cuts(self, finest: int) -> tuple[dict[int, int], int]:
        """What is cut from the skipped maps, and from the enlarged scores."""
        position, pools = Position(1, 0), dict[int, Position]()
        for part in self.backbone.modules():
            if isinstance(part, nn.Conv2d):
                position = position.convolved(part.kernel_size[0], 1, int(part.padding[0]))
            elif isinstance(part, nn.MaxPool2d):
                position = position.convolved(2, 2, 0)
                pools[int(position.step)] = position
        position, cuts = position.convolved(7, 1, 0), dict[int, int]()
        for stride in map(int, self.up):
            position = position.enlarged(2)
            cuts[stride] = position.cut(pools[stride])
        return cuts, Position(1, 0).cut(position.enlarged(finest))


def padded_vgg16(in_channels: int) -> Backbone:
    """VGG-16 without its last layers, with zeros around the image, and poolings that round up."""
    backbone = VGG(16, classes=1, in_channels=in_channels)
    backbone.head, backbone.least_side = nn.Sequential(), 1
    first = backbone.stem.get_submodule("conv1_1")
    assert isinstance(first, nn.Conv2d)
    first.padding = (MARGIN, MARGIN)
    for part in backbone.modules():
        if isinstance(part, nn.MaxPool2d):
            part.ceil_mode = True
    return backbone


def cut_out(x: Tensor, start: int, height: int, width: int) -> Tensor:
    """(N, C, height, width) of a map, from (start, start) on."""
    return x[..., start : start + height, start : start + width]
