"""``weights="coco"``: fetched from a server of this machine, checked by its hash, and loaded whole."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from torchvision.models import detection

import striate
from striate.errors import ModelFileError, SettingError
from striate.zoo.weights import detector_weights as room
from striate.zoo.weights.coco_classes import CLASSES

NAMES = ("ssd300_vgg16", "ssdlite320_mobilenet_v3_large")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Publish tensors under the name of a network, with the hash that belongs to them or with another."""
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "site").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    server.daemon_threads = False  # closing waits for them
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(room, "BASE", f"http://127.0.0.1:{server.server_port}")

    def publish(name, tensors, digits=None):
        file = tmp_path / "site" / "made.pth"
        torch.save(tensors, file)
        digits = digits or hashlib.sha256(file.read_bytes()).hexdigest()[:8]
        file.rename(file.with_name(f"{name}_coco-{digits}.pth"))
        monkeypatch.setitem(room.PUBLISHED, name, f"{name}_coco-{digits}.pth")
        return tmp_path / "cache" / "weights" / f"{name}_coco-{digits}.pth"

    yield publish
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", NAMES)
def test_every_tensor_of_a_fetched_checkpoint_lies_in_its_place(name, published):
    torch.manual_seed(1)
    theirs = getattr(detection, name)(weights=None, weights_backbone=None, num_classes=91)
    kept = published(name, theirs.state_dict())
    ours = striate.create(name, classes=90, weights="coco")
    assert ours.network.notes == (f"weights: {kept.name}",)
    wanted, found = theirs.state_dict(), ours.network.state_dict()
    assert {room.KEYS[name](key) for key in found} == set(wanted)
    assert all(torch.equal(found[key].reshape(-1), wanted[room.KEYS[name](key)].reshape(-1)) for key in found)
    assert kept.exists()  # and is not fetched a second time:
    room.BASE = "https://nowhere.invalid"
    assert striate.create(name, classes=90, weights="coco").network.notes == ours.network.notes


def test_a_checkpoint_with_another_hash_is_refused_and_not_kept(published):
    name = NAMES[1]
    kept = published(name, {"backbone.weight": torch.zeros(1)}, digits="0123abcd")
    with pytest.raises(ModelFileError, match="sent other bytes than were published") as caught:
        striate.create(name, classes=90, weights="coco")
    assert caught.value.expected == "0123abcd, as its name says"
    assert not kept.exists()
    assert list(kept.parent.glob("*.part")) == []


def test_a_file_that_was_changed_in_the_cache_is_refused(published):
    name = NAMES[1]
    kept = published(name, {"backbone.weight": torch.zeros(1)})
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"something else")
    with pytest.raises(ModelFileError, match="is not the published file"):
        striate.create(name, classes=90, weights="coco")


def test_a_published_file_of_another_network_changes_nothing(published):
    published(NAMES[1], {"backbone.weight": torch.zeros(1)})
    with pytest.raises(ModelFileError, match=f"is not of {NAMES[1]}"):
        striate.create(NAMES[1], classes=90, weights="coco")


@pytest.mark.parametrize("name", ["yolo", "yolo_v1", "ssd"])
def test_detectors_without_published_weights_say_which_have_some(name):
    with pytest.raises(SettingError, match=f"no published weights for {name}") as caught:
        striate.create(name, classes=3, weights="coco")
    assert caught.value.expected == ", ".join(room.PUBLISHED)


def test_the_names_of_coco_are_those_of_the_published_weights():
    theirs = detection.SSD300_VGG16_Weights.COCO_V1.meta["categories"][1:]
    pairs = list(zip(CLASSES, theirs, strict=True))
    assert all(ours == name for ours, name in pairs if name != "N/A")
    assert sum(name == "N/A" for _, name in pairs) == 10
    assert len(set(CLASSES)) == 90


def test_published_weights_come_with_the_classes_of_coco(monkeypatch):
    asked = []
    monkeypatch.setattr("striate.api.networks.made_model", lambda *given, **own: asked.append(given[1]))
    striate.create("ssd300_vgg16", weights="coco")
    striate.create("ssd300_vgg16", 3, weights="coco")
    striate.create("ssd300_vgg16")
    assert asked[0] == list(CLASSES)
    assert [len(names) for names in asked] == [90, 3, 1000]
