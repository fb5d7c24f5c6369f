"""The names that users rely on, held letter by letter: a verb that goes or changes its name fails here."""

import striate
from striate import ops

VERBS = [
    "benchmark_explanations",
    "check",
    "compare",
    "create",
    "embed",
    "evaluate",
    "explain",
    "export",
    "find_rate",
    "invert",
    "load",
    "embedding_map",
    "models",
    "neighbours",
    "predict",
    "apply_style",
    "train_style",
    "stylize",
    "summary",
    "texture",
    "train",
    "visualize",
]
MODELS = [
    *("lenet5", "lenet5_1998", "alexnet", "alexnet_2012", "nin_cifar", "nin_imagenet"),
    *(f"vgg{layers}{kind}" for layers in (11, 13, 16, 19) for kind in ("", "_bn")),
    *(f"{kind}{layers}" for kind in ("resnet", "plain_") for layers in (20, 32, 44, 56, 110)),
    *("plain_18", "plain_34"),
    *(f"{kind}{layers}" for kind in ("resnet", "se_resnet") for layers in (18, 34, 50, 101, 152)),
    *("googlenet", "googlenet_2014", "se_googlenet", "xception"),
    *("inception_v2", "inception_v3", "inception_resnet_v2"),
    *(f"convnext_{size}" for size in ("tiny", "small", "base", "large")),
    *("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"),
    *(f"efficientnet_b{number}" for number in range(8)),
]
OPS = [
    "Edges",
    "Padding",
    "ReceptiveField",
    "avg_pool",
    "bed_of_nails",
    "conv_multiplications",
    "conv_parameters",
    "convolution_matrix",
    "convolve",
    "convolve_by_matrix",
    "convolve_slowly",
    "depthwise_pool",
    "edge_kernel",
    "edges",
    "global_average_pool",
    "linear_multiplications",
    "linear_parameters",
    "local_response_norm",
    "max_pool",
    "max_pool_with_places",
    "max_unpool",
    "nearest_unpool",
    "output_size",
    "padding_sides",
    "same_padding",
    "spatial_pyramid_pool",
]


def test_the_verbs_keep_their_names() -> None:
    assert sorted(striate.__all__) == sorted([*VERBS, "StriateError", "__version__", "errors", "ops"])


def test_the_operations_keep_their_names() -> None:
    assert sorted(ops.__all__) == sorted(OPS)


def test_the_networks_keep_their_names() -> None:
    assert sorted(striate.models()) == sorted(MODELS)
