"""What every network has and costs, from its paper or from two counters that agree.

(parameters, multiplications): of convolutions and linear layers, for one image of the
paper's size, biases not counted. Small networks have ten classes, the others a thousand; LeNet-5
has one channel.
"""

# LeNet-5: 26 * 6 + (25 * 6 + 1) * 16 + 401 * 120 + 121 * 84 + 85 * 10 = 156 + 2,416 + 48,120 + 10,164 + 850;
# multiplications 28 * 28 * 150 + 10 * 10 * 2,400 + 48,000 + 10,080 + 840
LENET = (61_706, 416_520)
# ResNet, n blocks a stage. Convolutions of c channels have 9 c c weights, norms 2 c:
#   stem        9 * 3 * 16 + 32                                                     =     464
#   stage 1     2n * (9 * 16 * 16 + 32)                                             = 2n *  2,336
#   stage 2     9 * 16 * 32 + 64 + (2n - 1) * (9 * 32 * 32 + 64)                    = 2n *  9,280 -  4,608
#   stage 3     9 * 32 * 64 + 128 + (2n - 1) * (9 * 64 * 64 + 128)                  = 2n * 36,992 - 18,432
#   output      65 * 10                                                             =     650
# sum: 2n * 48,608 - 21,926. The paper's table 6 says 0.27, 0.46, 0.66, 0.85 and 1.7 million.
# Multiplications: a 3x3 convolution within a stage makes 9 * 16 * 16 * 32 * 32 = 2,359,296 in each of
# them, the first of stages 2 and 3 half of it; stem 442,368, output 640: (6n - 1) * 2,359,296 + 443,008.
RESNET = {
    layers: ((layers - 2) // 3 * 48_608 - 21_926, (layers - 3) * 2_359_296 + 443_008)
    for layers in (20, 32, 44, 56, 110)
}

# Network in Network for CIFAR, Lin, Chen, Yan 2013; weights of a layer times the pixels of its map:
#   32 * 32 * (25 * 3 * 192 + 192 * 160 + 160 * 96) = 1,024 * 60,480                =  61,931,520
#   16 * 16 * (25 * 96 * 192 + 2 * 192 * 192)       =   256 * 534,528               = 136,839,168
#    8 *  8 * (9 * 192 * 192 + 192 * 192 + 1,920)   =    64 * 370,560               =  23,715,840
# The parameters layer by layer: test_nin.py.
NIN_CIFAR = (966_986, 222_486_528)

# He et al. 2016, table 1, with projections (option B); Hu et al. 2018. test_resnet.py and test_se_resnet.py
# work out where the networks differ.
RESNETS = {
    "plain_18": (11_515_688, 1_794_805_760),
    "plain_34": (21_623_848, 3_644_493_824),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
    "se_resnet18": (11_779_624, 1_814_161_408),
    "se_resnet34": (21_960_416, 3_663_920_128),
    "se_resnet50": (28_088_024, 4_091_699_200),
    "se_resnet101": (49_326_872, 7_806_148_608),
    "se_resnet152": (66_821_848, 11_520_204_800),
}
# Liu et al. 2022, table 1: 29, 50, 89 and 198 million parameters, 4.5, 8.7, 15.4 and 34.4 billion
# multiplications. test_convnext.py works out the parameters. Of s x s pixels with w channels a block makes
# (49 w + 8 w w) s s multiplications, and what halves before it 2 w w s s; the stem 48 w s s, the
# head 1,000 w.
CONVNEXT = {
    "convnext_tiny": (28_589_128, 4_455_531_264),
    "convnext_small": (50_223_688, 8_683_712_256),
    "convnext_base": (88_591_464, 15_354_729_472),
    "convnext_large": (197_767_336, 34_361_433_600),
}

# Howard et al. 2017 and 2019, Sandler et al. 2018, Tan and Le 2019; v1 counted from its table 1, the others
# by torch's counter in torchvision's networks at the paper's resolution. The papers say 4.2, 3.4, 5.4 and 2.5
# (v3) and, b0 to b7, 5.3, 7.8, 9.2, 12, 19, 30, 43 and 66 million parameters. Family tests work out parts.
MOBILE = {
    "mobilenet_v1": (4_231_976, 568_740_352),
    "mobilenet_v2": (3_504_872, 300_774_272),
    "mobilenet_v3_large": (5_483_032, 216_589_760),
    "mobilenet_v3_small": (2_542_856, 56_510_400),
    "efficientnet_b0": (5_288_548, 385_814_752),
    "efficientnet_b1": (7_794_184, 686_802_832),
    "efficientnet_b2": (9_109_994, 993_561_872),  # at 260x260; at torchvision's 288x288 1,087,529,456
    "efficientnet_b3": (12_233_232, 1_827_141_392),
    "efficientnet_b4": (19_341_616, 4_393_771_024),
    "efficientnet_b5": (30_389_784, 10_266_384_752),
    "efficientnet_b6": (43_040_704, 19_067_593_536),
    "efficientnet_b7": (66_347_960, 37_745_884_192),
}

# Szegedy et al. 2014, table 1: 6.8 million parameters, 1.5 billion multiplications; Chollet 2017, table 3. v3
# and Inception-ResNet v2 counted by torch's counter in the networks of torchvision and timm, at 299x299;
# test_googlenet.py works out the heads and se_googlenet, test_inception_v2.py all parameters of v2.
INCEPTIONS = {
    "googlenet": (6_624_904, 1_498_376_192),
    "googlenet_2014": (6_998_552, 1_582_671_872),
    "se_googlenet": (7_478_655, 1_583_146_144),
    "inception_v2": (11_188_288, 1_934_857_216),
    "inception_v3": (23_834_568, 5_713_216_096),
    "inception_resnet_v2": (55_843_464, 13_155_794_016),
    "xception": (22_855_952, 8_357_403_496),
}

SMALL = {
    "lenet5": LENET,
    "lenet5_1998": LENET,
    **{f"resnet{layers}": counts for layers, counts in RESNET.items()},
    **{f"plain_{layers}": counts for layers, counts in RESNET.items()},
    "nin_cifar": NIN_CIFAR,
}
"""Ten classes."""

# Layer by layer: test_alexnet.py, test_darknet.py, test_vgg.py, test_nin.py.
CLASSIC = {
    "alexnet": (61_100_840, 714_188_480),  # torchvision's weights
    "alexnet_2012": (60_965_224, 724_406_816),  # Krizhevsky et al. 2012, figure 2, at 227x227
    "darknet19": (20_842_376, 2_741_837_824),  # Redmon and Farhadi 2017, table 6
    "darknet24": (61_180_968, 20_074_635_264),  # Redmon et al. 2016, figure 3, at 448x448
    "darknet24_bn": (61_194_152, 20_074_635_264),
    "nin_imagenet": (7_595_176, 969_460_864),  # widths of Caffe's model zoo, at 224x224, sizes rounded down
    "vgg11": (132_863_336, 7_609_090_048),  # Simonyan and Zisserman 2014, table 2: 133 million
    "vgg11_bn": (132_868_840, 7_609_090_048),
    "vgg13": (133_047_848, 11_308_466_176),
    "vgg13_bn": (133_053_736, 11_308_466_176),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg16_bn": (138_365_992, 15_470_264_320),
    "vgg19": (143_667_240, 19_632_062_464),  # a convolution more than VGG-16 in blocks 3, 4 and 5
    "vgg19_bn": (143_678_248, 19_632_062_464),
}

COUNTS = SMALL | CLASSIC | RESNETS | CONVNEXT | MOBILE | INCEPTIONS | {}
"""All of ``striate.models()``; the large ones have a thousand classes."""
