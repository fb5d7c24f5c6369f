"""A gallery from the first picture to the last: enroll, calibrate, identify, forget; and what is refused."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import striate
from striate.cli.main import run
from striate.data.preprocess import Preprocess
from striate.errors import DataError, SettingError
from striate.files.lock import FolderLock
from striate.gallery.gallery import nearest_rows
from striate.gallery.gallery_file import only_writer, read_gallery, write_gallery
from striate.gallery.shared_parts import shared_heat, shared_picture
from striate.zoo.build import build
from striate.zoo.model_hash import model_hash
from striate.zoo.save_load import save

PEOPLE, EACH = 6, 3


def picture_of(person, number):
    """A pattern of colors that is the person's own, with little noise."""
    own = np.random.default_rng(person).uniform(0, 255, (4, 4, 3)).repeat(4, 0).repeat(4, 1)
    noise = np.random.default_rng([person, number]).normal(0, 4, (16, 16, 3))
    return (own + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    root = tmp_path_factory.mktemp("people")
    for person in range(PEOPLE):
        (root / f"p{person}").mkdir()
        for number in range(EACH):
            Image.fromarray(picture_of(person, number)).save(root / f"p{person}" / f"{number}.png")
    return root


def embedder(seed=0, loss="softmax"):
    torch.manual_seed(seed)
    preprocess = Preprocess((16, 16), 3, (0.5,) * 3, (0.25,) * 3)
    options = {"dimensions": 16, "loss": loss}
    return build("resnet20", ["a", "b"], preprocess, task="verification", options=options, width=0.5).eval()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save(embedder(), path, scores={}, settings={})
    return path


@pytest.fixture
def gallery(tmp_path, people, model):
    opened = striate.Gallery(tmp_path / "g.safetensors", model)
    opened.enroll_folder(people)
    return opened


@pytest.fixture
def pairs(people):
    """All pairs of the pictures, 18 of one person and 135 of two."""
    names = [f"p{person}/{number}.png" for person in range(PEOPLE) for number in range(EACH)]
    rows = [
        (a, b, int(a.split("/")[0] == b.split("/")[0]))
        for index, a in enumerate(names)
        for b in names[index + 1 :]
    ]
    path = people / "pairs.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("image_a", "image_b", "same"), *rows])
    return path


def test_people_are_known_by_their_folders_and_others_are_unknown(gallery, people, pairs):
    assert gallery.names == tuple(f"p{person}" for person in range(PEOPLE))
    found = gallery.calibrate(pairs, far=0.01)
    assert found.far <= 0.01
    assert (found.same, found.different) == (18, 135)
    match = gallery.identify(picture_of(2, 99))
    assert (match.name, match.known, match.far) == ("p2", True, found.far)
    assert match.margin > 0
    stranger = gallery.identify([picture_of(77, 0)])[0]
    assert (stranger.name, stranger.known) == ("unknown", False)
    assert stranger.to_dict()["name"] is None


def test_without_a_threshold_nobody_is_accepted(gallery):
    match = gallery.identify(picture_of(2, 99))
    assert (match.nearest, match.name, match.threshold) == ("p2", "unknown", None)
    assert "striate calibrate" in match.in_words()


def test_a_new_process_reads_what_was_written(gallery, people, pairs, model):
    found = gallery.calibrate(pairs)
    again = striate.Gallery(gallery.path)  # its model is where it was
    assert (again.names, again.threshold) == (gallery.names, found.threshold)
    assert torch.equal(again.prototypes, gallery.prototypes)


def test_pictures_of_one_person_are_combined_by_their_mean(gallery):
    vectors = gallery.embed([picture_of(3, number) for number in range(EACH)])
    mean = vectors.mean(0)
    assert torch.allclose(gallery.prototypes[3], mean / mean.norm(), atol=1e-6)


def test_a_picture_is_enrolled_once_and_under_one_name(gallery, people):
    assert gallery.enroll_folder(people) == 0
    assert gallery.enroll("p0", people / "p0" / "0.png") == 0
    assert gallery.enroll("p0", picture_of(0, 50)) == 1
    with pytest.raises(DataError, match="a picture of 'new' is enrolled as 'p1'"):
        gallery.enroll("new", picture_of(1, 0))
    stream = io.BytesIO((people / "p4" / "1.png").read_bytes())
    assert gallery.enroll("p4", stream) == 0


def test_forgetting_leaves_nothing_of_a_person(gallery, people):
    vectors = gallery.content.vectors[gallery.content.people == 1]
    assert gallery.forget("p1") == EACH
    assert "p1" not in gallery.names
    content = gallery.path.read_bytes()
    assert b"p1" not in content
    assert all(row.numpy().tobytes() not in content for row in vectors)
    assert gallery.identify(picture_of(1, 0)).nearest != "p1"
    assert gallery.identify(picture_of(5, 9)).nearest == "p5"
    with pytest.raises(DataError, match="nobody is called 'p1'"):
        gallery.forget("p1")


def test_somebody_is_forgotten_without_the_model_and_by_any_spelling_of_accents(gallery, people, capsys):
    gallery.enroll("Zo\u00eb", picture_of(7, 0))
    path = str(gallery.path)
    assert run(["forget", path, " Zoe\u0308 "]) == 0
    assert "1 picture" in capsys.readouterr().out
    assert b"Zo" not in gallery.path.read_bytes()
    assert run(["forget", path + ".safetensors", "p1"]) == 2
    assert "there is no gallery" in capsys.readouterr().err


def test_names_that_cannot_be_printed_or_are_empty_are_refused(gallery):
    with pytest.raises(SettingError, match="holds characters that cannot be printed"):
        gallery.enroll("line\nbreak", picture_of(7, 0))
    with pytest.raises(SettingError, match="the name '' has 0 characters"):
        gallery.enroll("  ", picture_of(7, 0))


def test_siamese_vectors_are_compared_by_sums_of_differences(tmp_path, people):
    opened = striate.Gallery(tmp_path / "s.safetensors", embedder(loss="siamese"))
    opened.enroll_folder(people)
    assert opened.content.distance == "l1"
    first, second = opened.embed([picture_of(0, 0), picture_of(1, 0)])
    found = striate.verify(picture_of(0, 0), picture_of(1, 0), opened.model)
    assert found.distance == pytest.approx((first - second).abs().sum().item(), rel=1e-5)
    assert found.same is None


def test_a_gallery_of_another_model_is_refused(gallery):
    with pytest.raises(DataError, match="belongs to another model"):
        striate.Gallery(gallery.path, embedder(seed=1))


def test_a_hash_is_of_what_the_model_computes(model):
    assert model_hash(striate.load(model)) == model_hash(embedder())
    assert model_hash(embedder(seed=1)) != model_hash(embedder())


def test_a_classifier_gives_no_vectors(tmp_path):
    classifier = build("resnet20", ["a", "b"], Preprocess((16, 16), 3))
    with pytest.raises(SettingError, match="the model is for classification"):
        striate.Gallery(tmp_path / "g.safetensors", classifier)


def test_no_model_is_named_for_a_new_gallery(tmp_path):
    with pytest.raises(SettingError, match="no model is named"):
        striate.Gallery(tmp_path / "g.safetensors")


@pytest.mark.parametrize("name", ["a/b", "../../etc/passwd", "Zoë 李", "n" * 500, "'; drop table"])
def test_names_are_words_and_never_paths(gallery, name):
    assert gallery.enroll(name, picture_of(50, 0)) == 1
    assert striate.Gallery(gallery.path).names[-1] == name
    assert sorted(one.name for one in gallery.path.parent.iterdir()) == ["g.safetensors"]


def test_two_forms_of_one_name_are_one(gallery):
    gallery.enroll("Zoe\u0308", picture_of(50, 0))
    gallery.enroll("Zoë", picture_of(50, 1))
    assert gallery.names.count("Zoë") == 1


@pytest.mark.parametrize("name", ["", "  ", "n" * 10_000, "a\x1b[31mb", "a\nb"])
def test_names_that_cannot_be_printed_are_refused(gallery, name):
    before = gallery.path.read_bytes()
    with pytest.raises(SettingError, match="the name"):
        gallery.enroll(name, picture_of(50, 0))
    assert gallery.path.read_bytes() == before


def damaged(path, change):
    tensors = safetensors.torch.load_file(path)
    header = json.loads(safetensors.safe_open(path, "pt").metadata()["striate"])
    change(tensors, header)
    safetensors.torch.save_file(tensors, path, {"striate": json.dumps(header)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _, h: h.update(format=99), "format 99"),
        (lambda _, h: h.update(kind="model"), "is a model, not a gallery"),
        (lambda _, h: h.pop("names"), "names"),
        (lambda _, h: h["names"].append("nobody"), "names do not fit"),
        (lambda _, h: h.update(threshold=-1), "no threshold"),
        (lambda t, _: t["vectors"].view(-1)[3:4].fill_(float("nan")), "NaN"),
        (lambda t, _: t.pop("people"), "people"),
        (lambda t, _: t.update(people=t["people"] + 1), "names do not fit"),
        (lambda t, _: t.update(vectors=t["vectors"][:-1]), "belong together"),
    ],
)
def test_a_file_that_somebody_changed_is_refused(gallery, model, change, words):
    damaged(gallery.path, change)
    with pytest.raises(DataError, match=words):
        striate.Gallery(gallery.path, model)


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_a_truncated_file_is_refused(gallery, model, kept):
    gallery.path.write_bytes(gallery.path.read_bytes()[:kept])
    with pytest.raises(DataError, match="no whole gallery"):
        striate.Gallery(gallery.path, model)


def test_a_model_is_no_gallery(model):
    with pytest.raises(DataError, match="is a model, not a gallery"):
        read_gallery(model)


def test_a_second_writer_waits_and_is_told(gallery):
    with FolderLock(gallery.path.parent, f".{gallery.path.name}.lock"):
        began = time.monotonic()
        with (
            pytest.raises(DataError, match=f"is written by process {os.getpid()}"),
            only_writer(gallery.path, 0.2),
        ):
            pass
        assert time.monotonic() - began >= 0.2
    with only_writer(gallery.path, 0):
        pass


def test_two_writers_lose_nothing(gallery, model):
    other = striate.Gallery(gallery.path, model)
    gallery.enroll("first", picture_of(60, 0))
    other.enroll("second", picture_of(61, 0))
    assert {"first", "second"} <= set(striate.Gallery(gallery.path, model).names)


WRITING = """
import sys, torch
from striate.gallery.gallery_file import only_writer, read_gallery, write_gallery
from pathlib import Path
path, number = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    with only_writer(path):
        content = read_gallery(path)
        rows = torch.rand(2000, content.vectors.shape[1])
        number += 1
        write_gallery(path, content.with_pictures(f"n{number}", rows, torch.arange(2000) + 2000 * number))
"""


def test_a_killed_writer_leaves_a_whole_gallery(gallery):
    for pause in (0.0, 0.05, 0.11):
        process = subprocess.Popen([sys.executable, "-c", WRITING, str(gallery.path)], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        content = read_gallery(gallery.path)
        assert content.names[:PEOPLE] == gallery.names
        with only_writer(gallery.path, 0):  # the lock of a dead process is none
            write_gallery(gallery.path, content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image_a,image_b,same\np0/0.png,p0/9.png,1\n", "1 pictures that are not there: p0/9.png"),
        ("a,b\n1,2\n", "no column image_a"),
        ("image_a,image_b,same\np0/0.png,p0/1.png,perhaps\n", "line 2 says 'perhaps'"),
        ("image_a,image_b,same\np0/0.png,p1/1.png,0\n", "1 pairs of two identities cannot show"),
    ],
)
def test_pairs_that_cannot_be_used_are_named(gallery, people, text, words):
    path = people / "some.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        gallery.calibrate(path)


def test_a_picture_with_itself_is_no_pair(gallery, people, pairs):
    pairs.write_text(pairs.read_text() + "p0/0.png,p0/0.png,1\n")
    found = gallery.calibrate(pairs)
    assert found.same == 18
    assert any("a picture with itself" in note for note in found.notes)


@pytest.mark.parametrize("far", [0.0, 1.0, -1.0, float("nan")])
def test_a_rate_is_a_share(gallery, pairs, far):
    with pytest.raises(SettingError, match="far is"):
        gallery.calibrate(pairs, far)


def test_the_nearest_rows_are_those_of_a_slow_comparison():
    generator = torch.Generator().manual_seed(0)
    known = torch.nn.functional.normalize(torch.randn(50, 8, generator=generator), dim=1)
    asked = torch.nn.functional.normalize(torch.randn(20, 8, generator=generator), dim=1)
    for distance, norm in (("euclidean", 2), ("l1", 1)):
        numbers, apart = nearest_rows(asked, known, 3, distance)
        wanted = torch.cdist(asked, known, p=norm).sort(1)
        assert torch.equal(numbers, wanted.indices[:, :3])
        assert torch.allclose(apart, wanted.values[:, :3], atol=1e-5)


def test_what_two_pictures_share_is_drawn():
    model = embedder()
    _, heat, distance = shared_heat(model, picture_of(0, 0), picture_of(1, 1))
    assert heat.shape == (2, 16, 16)
    assert (heat >= 0).all()
    assert bool(heat.any())
    assert distance.item() == pytest.approx(
        striate.verify(picture_of(0, 0), picture_of(1, 1), model).distance, abs=1e-5
    )
    assert not shared_heat(model, picture_of(0, 0), picture_of(0, 0))[1].any()  # equal vectors have no slope
    assert shared_picture(model, picture_of(0, 0), picture_of(1, 1)).size == (488, 240)


def test_an_empty_gallery_knows_nobody(tmp_path, model):
    with pytest.raises(DataError, match="is empty"):
        striate.Gallery(tmp_path / "g.safetensors", model).identify(picture_of(0, 0))


def test_a_folder_without_people_is_refused(gallery, tmp_path):
    with pytest.raises(DataError, match="holds no such folders"):
        gallery.enroll_folder(tmp_path)
    with pytest.raises(DataError, match="no picture"):
        gallery.enroll("somebody", [])


def test_the_verbs_of_the_terminal_do_the_same(tmp_path, people, model, pairs):
    path = str(tmp_path / "g.safetensors")
    assert run(["enroll", path, str(people), "--model", str(model)]) == 0
    assert run(["calibrate", path, "--pairs", str(pairs), "--far", "0.01"]) == 0
    one, other = str(people / "p0" / "0.png"), str(people / "p0" / "1.png")
    assert run(["identify", one, other, "--gallery", path, "--json"]) == 0
    drawing = tmp_path / "shared.png"
    assert run(["verify", one, other, "--gallery", path, "--draw", str(drawing)]) == 0
    assert drawing.exists()
    assert run(["forget", path, "p0"]) == 0
    assert run(["forget", path, "p0"]) == 2
    assert Path(path).exists()
