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

SMALL = {
    "lenet5": LENET,
    "lenet5_1998": LENET,
    **{f"resnet{layers}": counts for layers, counts in RESNET.items()},
    **{f"plain_{layers}": counts for layers, counts in RESNET.items()},
}
"""Ten classes."""

COUNTS = SMALL | {}
"""All of ``striate.models()``; the large ones have a thousand classes."""
