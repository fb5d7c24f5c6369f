"""From a folder of photographs without labels to a model that enlarges pictures of any size."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import striate
from striate.cli.main import run as command
from striate.data.annotations.picture_annotations import PictureAnnotations
from striate.data.read_dataset import read
from striate.errors import DataError, SettingError, ShapeError
from striate.ops.bicubic import enlarged, reduced
from striate.records import SuperResolution
from striate.report import superresolution_page
from striate.tasks.superresolution import training_crops
from striate.tasks.superresolution.picture_tiles import in_tiles
from striate.tasks.superresolution.training_crops import Crops

SETTINGS = {"task": "superresolution", "model": "espcn", "epochs": 2, "batch": 8, "size": "12"}


def disks(height, width, seed):
    """A picture of smooth disks, which edges make harder for bicubic interpolation than for a network."""
    random, picture = np.random.default_rng(seed), np.full((height, width, 3), 200, np.uint8)
    y, x = np.mgrid[:height, :width]
    for _ in range(12):
        middle = random.integers(0, height), random.integers(0, width)
        inside = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 < random.integers(16, 120)
        picture[inside] = random.integers(0, 256, 3)
    return Image.fromarray(picture)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "more").mkdir()
    for number in range(12):
        disks(60, 80, number).save(folder / ("more" if number % 3 else ".") / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_crops, "AN_EPOCH", 96)
        return striate.train(photos, out=tmp_path_factory.mktemp("run") / "run", **SETTINGS)


def test_it_learns_more_than_bicubic_interpolation_knows(trained):
    found = trained.metrics.values
    assert found["psnr_above_bicubic"] > 0.05
    assert found["psnr"] - found["bicubic_psnr"] == pytest.approx(found["psnr_above_bicubic"])
    assert trained.history[-1]["val_psnr"] > 20
    assert (trained.folder / "report.html").exists()


def test_the_report_shows_small_bicubic_network_and_true_pictures(trained, photos, monkeypatch):
    page = (trained.folder / "report.html").read_text()
    assert "mistakes wide" in page
    assert "bicubic interpolation differ most" in page
    assert "PSNR above bicubic" in page
    assert "Psnr" not in page
    drawn = []
    monkeypatch.setattr(superresolution_page, "before_after", lambda *given, **names: drawn.append(names))
    numbers = {"psnr": 31.2, "ssim": 0.9, "bicubic_psnr": 30.0, "bicubic_ssim": math.nan}
    photograph = read(photos, kinds=(PictureAnnotations,))["train"][0].image
    superresolution_page.compared(SimpleNamespace(run=trained), photograph, numbers)
    names = ("bicubic: 30.00 dB", "network: 31.20 dB, SSIM 0.900", "true")
    assert drawn == [{"names": names, "reduced": True}]


def test_evaluation_of_other_pictures_is_that_of_the_luma_without_edges(trained, tmp_path):
    disks(41, 53, 99).save(tmp_path / "one.png")
    found = striate.evaluate(trained, tmp_path).values
    true = torch.from_numpy(np.array(disks(41, 53, 99)))[:40, :52].permute(2, 0, 1)[None]
    plain = enlarged(reduced(true, 2), 2)
    luma = (65.481, 128.553, 24.966)
    one, other = (
        sum(w * part[:, c, 2:-2, 2:-2].double() / 255 for c, w in enumerate(luma)) for part in (true, plain)
    )
    expected = 20 * torch.log10(255 / (one - other).square().mean().sqrt())
    assert found["bicubic_psnr"] == pytest.approx(expected.item(), abs=1e-6)


def test_a_picture_of_any_size_is_enlarged_as_a_whole_or_in_tiles(trained):
    model, small = striate.load(trained.folder), torch.randint(256, (3, 23, 31), dtype=torch.uint8)
    answer = striate.superresolve(small, model)
    assert answer.image.shape == (3, 46, 62)
    assert str(answer) == "46x62 of 23x31"
    with torch.no_grad():
        whole = model(small[None])
        tiled = in_tiles(model, small[None], 2, model.network.margin, tile=7)
    assert torch.allclose(whole, tiled, atol=1e-6)
    assert striate.superresolve(small[:, :1, :1], model).size == (2, 2)


def test_what_was_saved_answers_the_same(trained):
    small = torch.randint(256, (3, 9, 9), dtype=torch.uint8)
    loaded = striate.load(trained.folder / "model.safetensors")
    assert torch.equal(loaded.predict(small).image, trained.model.predict(small).image)
    assert (loaded.task, loaded.by, loaded.name) == ("superresolution", 2, "espcn")


def test_grey_files_and_turned_files_are_read_as_everywhere(trained, tmp_path):
    grey = disks(20, 30, 5).convert("L")
    exif = Image.Exif()
    exif[0x0112] = 6
    grey.save(tmp_path / "turned.jpg", exif=exif)
    assert striate.superresolve(tmp_path / "turned.jpg", trained).size == (60, 40)


def test_upscale_writes_pictures_and_a_sheet_and_overwrites_nothing(trained, tmp_path, capsys):
    disks(20, 30, 5).save(tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    model, sheet = str(trained.folder), str(tmp_path / "sheet.png")
    arguments = ["upscale", str(tmp_path / "a.png"), "--model", model, "--out", str(tmp_path), "--by", "2"]
    assert command([*arguments, "--sheet", sheet, "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["height"], line["width"], line["by"]) == (40, 60, 2)
    with Image.open(line["file"]) as enlarged_picture, Image.open(sheet) as drawn:
        assert enlarged_picture.size == (60, 40)
        assert drawn.width > 900
    assert Path(line["file"]).name == "a-2.png"
    assert (tmp_path / "a.png").read_bytes() == before


def test_unreadable_pictures_are_named_and_the_others_are_written(trained, tmp_path, capsys):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    disks(8, 8, 5).save(tmp_path / "good.png")
    out = tmp_path / "out"
    assert command(["upscale", str(tmp_path), "--model", str(trained.folder), "--out", str(out)]) == 2
    assert "bad.png" in capsys.readouterr().err
    assert [one.name for one in out.iterdir()] == ["good.png"]


def test_factors_that_no_network_has_are_refused(trained, photos, capsys):
    for by in (0, 5):
        with pytest.raises(SettingError, match=f"by is {by}"):
            striate.train(photos, task="superresolution", by=by)
    assert command(["upscale", "a.png", "--by", "5"]) == 2
    assert "expected: 2, 3 or 4" in capsys.readouterr().err
    with pytest.raises(SettingError, match="the model enlarges by 2"):
        striate.superresolve(torch.zeros(3, 4, 4, dtype=torch.uint8), trained.model, by=3)


def test_networks_and_models_for_other_tasks_are_refused(photos):
    with pytest.raises(SettingError, match="does not enlarge pictures"):
        striate.train(photos, task="superresolution", model="resnet20")
    other = striate.create("unet", classes=2)
    with pytest.raises(SettingError, match="the model is for segmentation"):
        striate.superresolve(torch.zeros(3, 4, 4, dtype=torch.uint8), other)


def test_folders_without_photographs_and_photographs_that_are_too_small_are_refused(trained, tmp_path):
    with pytest.raises(DataError, match="no picture"):
        striate.train(tmp_path, task="superresolution")
    for number in range(3):
        disks(9, 9, number).save(tmp_path / f"{number}.png")
    with pytest.raises(DataError, match="9x9 pixels"):
        striate.train(tmp_path, task="superresolution")
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    with pytest.raises(ShapeError, match="1x1 pixels"):
        striate.evaluate(trained, tmp_path)


def test_labels_are_left_out_and_splits_stay(tmp_path):
    for part in ("train", "val"):
        for kind in ("cat", "dog"):
            (tmp_path / part / kind).mkdir(parents=True)
            disks(20, 20, 1).save(tmp_path / part / kind / "1.png")
    model = striate.create("espcn")
    assert model.classes == ("picture",)
    found = read(tmp_path, kinds=model.learns_from)
    assert {name: len(part) for name, part in found.parts.items()} == {"train": 2, "val": 2}
    assert found.task == "superresolution"


def test_a_crop_of_a_smaller_photograph_goes_on_in_its_mirror_image(photos):
    data = read(photos, "pictures", validation=0)["train"]
    store = Crops(data, (64, 40), 2, seed=3)
    image = data.image(0)
    assert store.read(0).shape == (3, 64, 40)
    assert torch.equal(store.read(0)[:, 60:], store.read(0)[:, 55:59].flip(1))
    assert not torch.equal(store.read(0), store.read(1))
    assert torch.equal(store.read(1), Crops(data, (64, 40), 2, seed=3).read(1))
    assert image.shape == (3, 60, 80)


def test_the_record_holds_a_picture_of_bytes():
    with pytest.raises(ShapeError, match="uint8"):
        SuperResolution(torch.zeros(3, 4, 4), 2)
