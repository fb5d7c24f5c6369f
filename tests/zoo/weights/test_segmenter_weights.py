"""Checkpoints of torchvision and segmentation_models.pytorch: equal scores, and what is refused."""

import json

import pytest
import torch
from torchvision.models import segmentation

import striate
from striate.errors import ModelFileError, SettingError
from striate.zoo.networks import create, segmenter_named
from striate.zoo.weights import segmenter_weights
from striate.zoo.weights.segmenter_weights import load_segmenter
from striate.zoo.weights.voc_classes import VOC_CLASSES
from tests.zoo.weights import unet_smp_case

THEIRS = {
    "fcn_resnet50": segmentation.FCN_ResNet50_Weights,
    "fcn_resnet101": segmentation.FCN_ResNet101_Weights,
}


def lively(network):
    """Statistics of norms that are not 0 and 1, so that an exchange would be seen."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
    return network.eval()


def equal_scores(ours, theirs, images):
    with torch.no_grad():
        expected = theirs(images)
        found = ours.eval()(images)
    expected = expected["out"] if isinstance(expected, dict) else expected
    return torch.allclose(found, expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize("size", [(64, 96), (75, 50)])
def test_fcn_on_resnet50_gives_torchvisions_scores(tmp_path, size):
    torch.manual_seed(0)
    theirs = lively(
        segmentation.fcn_resnet50(weights=None, weights_backbone=None, num_classes=5, aux_loss=True)
    )
    torch.save(theirs.state_dict(), tmp_path / "fcn.pth")
    ours = segmenter_named("fcn_resnet50", 5)
    assert load_segmenter(ours, "fcn_resnet50", tmp_path / "fcn.pth", {}) == ("weights: fcn.pth",)
    assert equal_scores(ours, theirs, torch.randn(2, 3, *size))


def test_fcn_on_resnet101_has_torchvisions_tensors():
    with torch.device("meta"):
        theirs = segmentation.fcn_resnet101(weights=None, weights_backbone=None, aux_loss=False).state_dict()
        ours = segmenter_named("fcn_resnet101", 21).state_dict()
    key = segmenter_weights.KEYS["fcn_resnet101"]
    assert {key(name): one.shape for name, one in ours.items()} == {
        name: one.shape for name, one in theirs.items()
    }


def test_unet_gives_the_scores_of_segmentation_models_pytorch(tmp_path):
    case = json.loads(unet_smp_case.CASE.read_text())
    torch.save(unet_smp_case.weights(case["shapes"]), tmp_path / "unet.pth")
    own = {"backbone": "resnet18", "width": 1.0}
    ours = segmenter_named("unet", unet_smp_case.CLASSES, **own).eval()
    assert load_segmenter(ours, "unet", tmp_path / "unet.pth", own) == ("weights: unet.pth",)
    expected, step = torch.tensor(case["scores"]), unet_smp_case.STEP
    assert expected.std() > 0.1
    with torch.no_grad():
        found = ours(unet_smp_case.images())[..., ::step, ::step]
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize("name", THEIRS)
def test_published_files_are_torchvisions(name):
    theirs = THEIRS[name].COCO_WITH_VOC_LABELS_V1
    assert segmenter_weights.PUBLISHED[name] == theirs.url.split("/")[-1]
    assert list(VOC_CLASSES[1:]) == theirs.meta["categories"][1:]
    assert theirs.meta["categories"][0] == "__background__"


def test_another_number_of_classes_leaves_the_last_layer_new(tmp_path):
    own = {"width": 0.125, "channels": 4}
    torch.save(segmenter_named("unet", 3, **own).state_dict(), tmp_path / "three.pth")
    network = segmenter_named("unet", 5, **own)
    last = network.score.weight.clone()
    notes = load_segmenter(network, "unet", tmp_path / "three.pth", own)
    assert "what says the classes is new" in notes[1]
    assert torch.equal(network.score.weight, last)


def test_a_network_for_a_task_is_created_with_weights(tmp_path):
    own = {"width": 0.125, "channels": 4}
    torch.save(segmenter_named("unet", 2, **own).state_dict(), tmp_path / "unet.pth")
    model = striate.create("unet", ["road", "car"], weights=tmp_path / "unet.pth", **own)
    assert (model.task, model.classes, model.training) == ("segmentation", ("road", "car"), False)
    assert model.network.notes == ("weights: unet.pth",)
    answer = model.predict(torch.randint(0, 256, (3, 40, 70), dtype=torch.uint8))
    assert answer.mask.shape == (40, 70)


def test_the_backbone_of_a_classifier_goes_on_in_a_unet(tmp_path):
    classifier = create("resnet18", 10, width=0.125)
    torch.save(classifier.state_dict(), tmp_path / "resnet.pth")
    network = segmenter_named("unet", 2, width=0.125, channels=4)
    own = {"width": 0.125, "channels": 4}
    notes = load_segmenter(network, "unet", tmp_path / "resnet.pth", own)
    assert notes[-1] == "only the backbone resnet18 begins with them, all else is new"
    assert torch.equal(network.backbone.stem.conv.weight, classifier.stem.conv.weight)


def test_what_does_not_fit_is_refused(tmp_path):
    network = segmenter_named("unet", 3, width=0.125, channels=4)
    torch.save(segmenter_named("unet", 3, width=0.125, channels=8).state_dict(), tmp_path / "wide.pth")
    with pytest.raises(ModelFileError, match="tensors differ"):
        load_segmenter(network, "unet", tmp_path / "wide.pth", {"width": 0.125, "channels": 4})
    with pytest.raises(SettingError, match="no published weights of coco for unet"):
        load_segmenter(network, "unet", "coco", {})
    with pytest.raises(SettingError, match="no published weights of imagenet for segnet"):
        load_segmenter(network, "segnet", "imagenet", {})
