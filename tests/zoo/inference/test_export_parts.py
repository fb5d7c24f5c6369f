"""The files of a detector that looks twice, read as another program reads them."""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from striate.data.captions.vocabulary import Vocabulary
from striate.data.preprocess import Preprocess
from striate.errors import SettingError
from striate.ops import roi_align
from striate.zoo.build import build
from striate.zoo.inference.export import export
from striate.zoo.inference.inference import InferenceEngine

SIZE = (64, 96)
SMALL = {"width": 0.125, "channels": 8, "proposals": 20}


def model(name="mask_rcnn", task="instances", **own):
    torch.manual_seed(0)
    return build(name, ("cat", "dog"), Preprocess(SIZE), task=task, **own).eval()


def pictures(count=2):
    return torch.randint(
        0, 255, (count, 3, *SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


def test_the_files_of_mask_rcnn_give_its_masks_and_joints(tmp_path):
    made, shown = model(joints=2, **SMALL), pictures()
    done = export(made, "onnx", tmp_path / "m.onnx", shown)
    assert done.difference < 1e-5
    assert "beside it: m.head.onnx, m.masks.onnx, m.joints.onnx" in done.notes[1]
    sessions = {
        path.name: onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for path in tmp_path.iterdir()
    }
    about = json.loads(sessions["m.masks.onnx"].get_modelmeta().custom_metadata_map["striate"])
    assert about["roi_align"] == {"strides": [8, 16, 32], "samples": 2, "aligned": False}
    names = [one.name for one in sessions["m.onnx"].get_outputs()]
    found = dict(zip(names, sessions["m.onnx"].run(None, {"images": shown.numpy()}), strict=True))
    region = torch.tensor([[1.0, 8, 8, 40, 40]])  # of the second picture, small: from the finest map
    bins = roi_align(torch.from_numpy(found["maps.0"]), region, 14, 1 / 8, 2).numpy()
    (masks,) = sessions["m.masks.onnx"].run(None, {"bins": bins})
    (heats,) = sessions["m.joints.onnx"].run(None, {"bins": bins})
    with torch.no_grad():
        wanted = made.network.branch_raw(made(shown), [torch.zeros(0, 4), region[:, 1:]])
    assert np.allclose(masks, wanted["masks"]["scores"].numpy(), atol=1e-4)
    assert np.allclose(heats, wanted["joints"]["maps"].numpy(), atol=1e-4)


@pytest.mark.parametrize(("to", "ending"), [("torch", ".pt2"), ("openvino", ".xml")])
def test_other_formats_have_the_same_parts(tmp_path, to, ending):
    done = export(model("keypoint_rcnn", joints=2, **SMALL), to, tmp_path / f"k{ending}", pictures())
    assert {path.name for path in tmp_path.iterdir() if path.suffix == ending} == {
        f"k{part}{ending}" for part in ("", ".head", ".joints")
    }
    assert done.difference < 1e-5


def test_a_detector_that_pools_crops_of_the_picture_is_refused(tmp_path):
    with pytest.raises(SettingError, match="the second look of this detector is not at bins of maps"):
        export(model("rcnn", "detect", width=0.125), "torch", tmp_path / "r.pt2", pictures())
    assert not list(tmp_path.iterdir())


VOCABULARY = Vocabulary(("a", "red", "circle", "blue"), 4)


def captioner():
    options = {"vocabulary": VOCABULARY.to_dict()}
    made = model("densecap", "dense_captions", options=options, code=16, language=16, **SMALL)
    with torch.no_grad():
        made.branch.language.scores.weight.mul_(4)
        made.branch.language.scores.bias[VOCABULARY.end - 1] = -3.0
    return made


def test_the_files_of_densecap_write_the_captions_that_predict_writes(tmp_path):
    made, shown = captioner(), pictures()
    done = export(made, "onnx", tmp_path / "m.onnx", shown)
    assert done.difference < 1e-5
    sessions = {
        path.name: onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for path in tmp_path.iterdir()
    }
    assert set(sessions) == {f"m{part}.onnx" for part in ("", *PARTS_OF_CAPTIONS)}
    about = json.loads(sessions["m.captions.word.onnx"].get_modelmeta().custom_metadata_map["striate"])
    words = about["words"]
    assert words == {"from_1": list(VOCABULARY.words), "end": 5, "unknown": 6, "start": 7, "longest": 4}
    names = [one.name for one in sessions["m.onnx"].get_outputs()]
    found = dict(zip(names, sessions["m.onnx"].run(None, {"images": shown.numpy()}), strict=True))
    (wanted, _) = made.predict(shown, score_threshold=0.0, top_k=3)
    maps = [torch.from_numpy(found[f"maps.{number}"])[:1] for number in range(3)]
    bins = made.branch.pool(maps, [wanted.boxes])
    (codes,) = sessions["m.captions.onnx"].run(None, {"bins": bins.numpy()})
    hidden, cell = sessions["m.captions.begin.onnx"].run(None, {"codes": codes})
    for row, (text, likely) in enumerate(
        zip(wanted.captions.texts, wanted.captions.log_probabilities.tolist(), strict=True)
    ):
        state = {"hidden": hidden[row : row + 1], "cell": cell[row : row + 1]}
        written, total, last = list[str](), 0.0, words["start"]
        while last != words["end"]:
            given = {"words": np.array([last], np.int64), **state}
            scores, after, kept = sessions["m.captions.word.onnx"].run(None, given)
            state = {"hidden": after, "cell": kept}
            ends = len(written) == words["longest"]
            last = words["end"] if ends else int(scores[0, : words["end"]].argmax()) + 1
            total += float(scores[0, last - 1])
            written += [words["from_1"][last - 1]] if last != words["end"] else []
        assert " ".join(written) == text
        assert total == pytest.approx(likely, abs=1e-3)


PARTS_OF_CAPTIONS = (".head", ".captions", ".captions.begin", ".captions.word")


@pytest.mark.parametrize(("to", "ending"), [("torch", ".pt2"), ("openvino", ".xml")])
def test_captions_have_the_same_parts_in_other_formats(tmp_path, to, ending):
    done = export(captioner(), to, tmp_path / f"k{ending}", pictures())
    assert {path.name for path in tmp_path.iterdir() if path.suffix == ending} == {
        f"k{part}{ending}" for part in ("", *PARTS_OF_CAPTIONS)
    }
    assert done.difference < 1e-5


def test_an_engine_gives_the_captions_of_pytorch(own_cache):
    made, picture = captioner(), pictures(1)[0]
    wanted = made.predict(picture, score_threshold=0.1)
    made.engine = InferenceEngine(made, "openvino")
    found = made.predict(picture, score_threshold=0.1)
    assert len(found) == len(wanted) > 0
    assert torch.allclose(found.boxes, wanted.boxes, atol=1e-2)
    assert found.captions.texts == wanted.captions.texts
    assert torch.allclose(found.captions.log_probabilities, wanted.captions.log_probabilities, atol=1e-3)


def test_an_engine_gives_the_masks_of_pytorch(own_cache):
    made, picture = model(joints=2, **SMALL), pictures(1)[0]
    wanted = made.predict(picture, score_threshold=0.1)
    made.engine = InferenceEngine(made, "openvino")
    found = made.predict(picture, score_threshold=0.1)
    assert len(found) == len(wanted) > 0
    assert torch.allclose(found.boxes, wanted.boxes, atol=1e-2)
    assert torch.allclose(found.masks.crops, wanted.masks.crops, atol=1e-3)
    assert (found.masks.pasted() == wanted.masks.pasted()).float().mean() > 0.999
    assert torch.allclose(found.joints.scores, wanted.joints.scores, atol=1e-3)
