"""Python objects as data: what each kind of object holds, and what is refused."""

import pickle
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    IterableDataset,
    RandomSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)

import striate
from striate.data.annotations.box_annotations import BoxAnnotations
from striate.data.annotations.caption_annotations import CaptionAnnotations
from striate.data.annotations.class_annotations import ClassAnnotations
from striate.data.annotations.image_caption_annotations import ImageCaptionAnnotations
from striate.data.annotations.mask_annotations import MaskAnnotations
from striate.data.annotations.point_annotations import PointAnnotations
from striate.data.dataset import Dataset
from striate.data.image_store import Array
from striate.data.python_data.from_python import from_python
from striate.data.python_data.item_pictures import ItemPictures, picture_of
from striate.data.read_dataset import read
from striate.errors import DataError, ImageError, LabelError, SettingError
from striate.records import CaptionTargets, ClassTargets, Sample


class Shades(torch.utils.data.Dataset[Any]):
    """Picture number i has the grey level 10 i, and the class i modulo 2; counts how often it is asked."""

    def __init__(self, length: int = 6, shift: int = 0) -> None:
        self.length, self.shift, self.asked = length, shift, 0

    def __len__(self) -> int:
        return self.length

    def picture(self, index: int) -> torch.Tensor:
        return torch.full((3, 4, 5), (10 * index + self.shift) % 251, dtype=torch.uint8)

    def __getitem__(self, index: int) -> Any:
        self.asked += 1
        return self.picture(index), index % 2


class Named(Shades):
    classes = ("even", "odd")


class Told(Named):
    def __init__(self, length: int = 40) -> None:
        super().__init__(length)
        self.targets = torch.arange(length) % 2


def whole(data: Any) -> Dataset:
    return read(data, validation=0)["train"]


def test_a_dataset_gives_its_pictures_and_classes() -> None:
    data = whole(Named())
    assert data.classes == ("even", "odd")
    assert data.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert data.image(3).unique().tolist() == [30]
    assert data.name(3) == "Named[3]"


def test_class_numbers_without_names_are_their_own_names_in_order_of_numbers() -> None:
    pairs = [(Shades().picture(i), label) for i, label in enumerate((10, 9, 10))]
    assert whole(pairs).classes == ("9", "10")
    assert whole(pairs).labels.tolist() == [1, 0, 1]


def test_names_of_classes_are_kept_as_they_are() -> None:
    pairs = [(Shades().picture(i), name) for i, name in enumerate(("dog", "cat"))]
    assert whole(pairs).classes == ("cat", "dog")


def test_targets_that_the_data_set_tells_are_not_read_with_the_pictures() -> None:
    data = Told(40)
    from_python(data)
    assert data.asked < 40  # 8 pictures twice for steadiness, the first target, and both ends
    assert whole(Subset(data, [1, 4, 7])).labels.tolist() == [1, 0, 1]
    assert len(whole(ConcatDataset([data, Told(4)]))) == 44


def test_targets_that_an_attribute_tells_otherwise_than_the_items_are_read() -> None:
    data = Told(6)
    data.targets = torch.zeros(6, dtype=torch.int64)
    assert whole(data).labels.tolist() == [0, 1, 0, 1, 0, 1]


def test_splits_are_named_or_stand_in_their_order() -> None:
    for data in ({"train": Named(), "valid": Named(4, 1)}, (Named(), Named(4, 1))):
        splits = read(data)
        assert {name: len(part) for name, part in splits.items()} == {"train": 6, "val": 4}
    assert list(read((Named(), Named(4, 1), Named(2, 2)))) == ["train", "val", "test"]


def test_what_random_split_gives_are_splits() -> None:
    splits = read(random_split(Named(9), [5, 2, 2]))  # type: ignore[arg-type]
    assert {name: len(part) for name, part in splits.items()} == {"train": 5, "val": 2, "test": 2}
    assert splits["val"].classes == ("even", "odd")


def test_of_one_set_a_seeded_share_is_held_out() -> None:
    first, again = read(Named(20), validation=0.2), read(Named(20), validation=0.2)
    assert [len(part) for part in first.values()] == [16, 4]
    assert first["val"].places.tolist() == again["val"].places.tolist()


@pytest.mark.parametrize("pictures", [np.uint8, "tensor"])
def test_arrays_of_pictures_and_classes_become_an_array(pictures: Any) -> None:
    images = np.arange(4 * 3 * 2 * 3, dtype=np.uint8).reshape(4, 3, 2, 3)
    given = torch.from_numpy(images).permute(0, 3, 1, 2) if pictures == "tensor" else images
    data = whole((given, [0, 1, 1, 0]))
    assert isinstance(data.store, Array)
    assert (data.store.images == images).all()
    assert data.labels.tolist() == [0, 1, 1, 0]
    assert len(whole(TensorDataset(torch.from_numpy(images), torch.tensor([0, 1, 1, 0])))) == 4


def test_a_list_of_pictures_with_a_list_of_targets_is_a_pair() -> None:
    pictures = [Image.new("L", (5, 4), level) for level in (0, 9, 200)]
    data = whole((pictures, ["a", "b", "a"]))
    assert data.labels.tolist() == [0, 1, 0]
    assert data.image(2).unique().tolist() == [200]


def test_samples_bring_their_targets() -> None:
    samples = [Sample(Shades().picture(i), ClassTargets(torch.tensor([i % 2])), f"{i}.png") for i in range(4)]
    assert whole(samples).labels.tolist() == [0, 1, 0, 1]


def test_data_sets_of_ours_keep_their_annotations() -> None:
    part = whole(Named())
    again = whole(part.subset([1, 2]))
    assert again.classes == ("even", "odd")
    assert again.labels.tolist() == [1, 0]
    assert again.image(0).unique().tolist() == [10]


def test_dictionaries_with_usual_keys_are_understood_and_others_refused() -> None:
    items = [{"image": Shades().picture(i), "label": i % 2} for i in range(4)]
    assert whole(items).labels.tolist() == [0, 1, 0, 1]
    with pytest.raises(DataError, match="a dictionary with the keys 'pixels', 'label'"):
        read([{"pixels": Shades().picture(0), "label": 0}])


def test_a_dictionary_with_boxes_teaches_boxes() -> None:
    boxes = torch.tensor([[0.0, 1.0, 3.0, 4.0]])
    mask = torch.zeros(1, 4, 5, dtype=torch.uint8)
    mask[0, 1:4, 0:3] = 1
    items = [
        (Shades().picture(1), {"boxes": boxes, "labels": torch.tensor([2]), "masks": mask}),
        (Shades().picture(2), {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0).long()}),
    ]
    known = whole(items).annotations
    assert isinstance(known, BoxAnnotations)
    assert known.classes == ("2",)
    assert known.boxes.tolist() == [[0, 1, 3, 4]]
    assert known.ends.tolist() == [1, 1]
    assert known.pictures["size"].tolist() == [[4, 5], [4, 5]]
    shaped = read(items, validation=0, shapes=True)["train"].annotations.collate(torch.tensor([0]))
    assert shaped.masks is not None
    assert len(shaped.masks) == 1


def test_boxes_in_another_form_are_converted() -> None:
    from torchvision import tv_tensors

    boxes = tv_tensors.BoundingBoxes(torch.tensor([[1.0, 1.0, 2.0, 3.0]]), format="XYWH", canvas_size=(4, 5))
    known = whole([(Shades().picture(1), {"boxes": boxes, "labels": [0]})]).annotations
    assert isinstance(known, BoxAnnotations)
    assert known.boxes.tolist() == [[1, 1, 3, 4]]


def test_whole_numbers_of_the_size_of_the_picture_are_masks() -> None:
    mask = torch.zeros(4, 5, dtype=torch.int64)
    mask[0, 0], mask[1, 1] = 1, 255
    data = whole([(Shades().picture(1), mask), (Shades().picture(2), mask)])
    assert isinstance(data.annotations, MaskAnnotations)
    assert data.annotations.counts().tolist() == [36, 2]  # 255 does not count
    assert data.annotations.mask(0)[:2, :2].tolist() == [[1, 0], [0, 255]]


def test_floats_of_two_columns_are_points_and_nan_is_not_visible() -> None:
    points = np.array([[1.0, 2.0], [np.nan, np.nan]])
    known = whole([(Shades().picture(1), points)]).annotations
    assert isinstance(known, PointAnnotations)
    assert known.visible.tolist() == [[True, False]]


def test_texts_are_captions_of_pictures_and_of_boxes() -> None:
    known = whole([(Shades().picture(i), ["one cat", f"cat {i}"]) for i in range(2)]).annotations
    assert isinstance(known, ImageCaptionAnnotations)
    assert list(known.captions()) == [["one cat", "cat 0"], ["one cat", "cat 1"]]
    samples = [Sample(Shades().picture(i), CaptionTargets.of([["a cat"]])) for i in range(2)]
    assert list(whole(samples).annotations.captions()) == [["a cat"], ["a cat"]]
    boxes = {
        "boxes": torch.tensor([[0.0, 0, 2, 2], [1, 1, 4, 4]]),
        "captions": ["a cat", ["a dog", "one dog"]],
    }
    empty = {"boxes": torch.zeros(0, 4), "captions": []}
    regions = whole([(Shades().picture(1), boxes), (Shades().picture(2), empty)]).annotations
    assert isinstance(regions, CaptionAnnotations)
    assert list(regions.captions()) == [["a cat"], ["a dog", "one dog"]]
    assert regions.ends.tolist() == [2, 2]


def test_the_items_of_a_loader_may_be_dictionaries() -> None:
    items = [{"image": Shades().picture(i), "label": i % 2} for i in range(4)]
    assert whole(DataLoader(items, batch_size=2)).labels.tolist() == [0, 1, 0, 1]  # type: ignore[arg-type]


def test_the_data_set_of_a_loader_is_read_and_that_is_said() -> None:
    splits = read(DataLoader(Named(20), batch_size=3, shuffle=True))
    assert splits["train"].image(0).shape == (3, 4, 5)
    assert any("order, batches and collate are striate's own" in note for note in splits.notes)


@pytest.mark.parametrize(
    ("sampler", "words"),
    [
        (WeightedRandomSampler([1.0] * 8, 8), 'balance="sampling"'),
        (RandomSampler(range(8), num_samples=3), "subset= takes a share"),
    ],
)
def test_a_sampler_that_prefers_some_items_is_named_and_what_takes_its_place(
    sampler: Any, words: str
) -> None:
    notes = read(DataLoader(Named(8), sampler=sampler)).notes
    assert [words in note and type(sampler).__name__ in note for note in notes].count(True) == 1
    assert not any("is not used" in note for note in read(DataLoader(Named(8), shuffle=True)).notes)


def test_of_a_loader_that_draws_from_a_part_the_part_is_read() -> None:
    data = whole(DataLoader(Named(8), sampler=SubsetRandomSampler([5, 2, 3])))
    assert [data.image(i).unique().item() for i in range(3)] == [20, 30, 50]


def test_what_never_ends_is_refused() -> None:
    class Endless(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            return ((Shades().picture(0), i) for i in count())

    for data in (Endless(), DataLoader(Endless()), ((Shades().picture(0), i) for i in count())):
        with pytest.raises(DataError, match="may never end"):
            read(data)


def test_pictures_that_change_from_reading_to_reading_are_refused() -> None:
    class Random(Shades):
        def __getitem__(self, index: int) -> Any:
            return torch.randint(255, (3, 4, 5), dtype=torch.uint8), 0

    with pytest.raises(DataError, match="another picture each time") as raised:
        read(Random())
    assert "augment=" in raised.value.attempt


def test_floats_of_0_to_1_are_scaled_and_normalized_ones_refused() -> None:
    assert picture_of(torch.full((1, 1, 1), 0.5), "x").item() == 128
    assert picture_of(np.full((1, 1), 0.2), "x").item() == 51
    with pytest.raises(ImageError, match="x has floats from -1 to -1"):
        picture_of(torch.full((3, 2, 2), -1.0), "x")


def test_a_pil_picture_of_floats_is_the_array_that_it_was_made_of() -> None:
    floats = np.array([[0.0, 0.2], [0.1, 0.4]], np.float32)
    assert picture_of(Image.fromarray(floats), "x")[0].tolist() == [[0, 51], [26, 102]]
    with pytest.raises(ImageError, match="x has floats from 0 to 40"):
        picture_of(Image.fromarray(floats * 100), "x")
    with pytest.raises(ImageError, match="an image is int32"):
        picture_of(Image.fromarray((floats * 100).astype(np.int32)), "x")


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_arrays_that_cannot_be_written_are_read_without_a_warning(kind: Any) -> None:
    array = np.zeros((4, 5), kind)
    array.flags.writeable = False
    assert picture_of(array, "x").shape == (1, 4, 5)


def test_errors_of_a_data_set_name_the_item_and_keep_their_cause() -> None:
    class Broken(Shades):
        def __getitem__(self, index: int) -> Any:
            raise KeyError("no such row")

    with pytest.raises(ImageError, match=r"Broken\[0\] cannot be read \(KeyError: ") as raised:
        read(Broken())
    assert isinstance(raised.value.__cause__.__cause__, KeyError)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (0.5, "no task of striate learns one number"),
        (torch.tensor([0.0, 1.0, 0.0]), "argmax"),
        ([{"bbox": [0, 0, 1, 1]}], "wrap_dataset_for_transforms_v2"),
    ],
)
def test_targets_that_nothing_learns_from_are_refused_with_advice(target: Any, words: str) -> None:
    with pytest.raises(DataError) as raised:
        read([(Shades().picture(0), target)])
    assert words in raised.value.attempt


def test_a_target_that_is_missing_is_named() -> None:
    picture = Shades().picture
    with pytest.raises(DataError, match=r"the target of list\[1\] is None"):
        read([(picture(0), 1), (picture(1), None)])
    with pytest.raises(DataError, match=r"the target of list\[0\] is None, and that of list\[1\] is not"):
        read([(picture(0), None), (picture(1), 1)])


@pytest.mark.parametrize("pictures", [np.arange(60, dtype=np.uint8).reshape(3, 4, 5), "list"])
def test_a_column_of_a_table_is_taken_as_targets_by_position(pictures: Any) -> None:
    import pandas

    given = [Shades().picture(i) for i in range(3)] if isinstance(pictures, str) else pictures
    assert whole((given, pandas.Series([0, 1, 1], index=[7, 8, 9]))).labels.tolist() == [0, 1, 1]
    with pytest.raises(DataError, match=r"targets of \(pictures, targets\) are of the type generator"):
        read((given, (i for i in range(3))))


def test_targets_of_two_kinds_are_refused() -> None:
    with pytest.raises(DataError, match=r"list\[1\] is an array"):
        read([(Shades().picture(0), 1), (Shades().picture(1), np.zeros((4, 5), np.uint8))])


def test_a_class_number_without_a_name_is_refused() -> None:
    class Short(Shades):
        classes = ("even",)

    with pytest.raises(LabelError, match="is of class 1, and the data set names 1 classes"):
        read(Short())


def test_two_classes_of_one_name_are_refused_and_numbers_of_a_dictionary_taken() -> None:
    class Classes(Shades):
        def __init__(self, classes: Any) -> None:
            super().__init__()
            self.classes = classes

    with pytest.raises(LabelError, match="names 'cat' for the numbers 0 and 1"):
        read(Classes(["cat", "cat"]))
    for classes in ({"zebra": 0, "ant": 1}, {1: "ant", 0: "zebra"}):
        assert whole(Classes(classes)).classes == ("zebra", "ant")
    with pytest.raises(LabelError, match="numbers are not 0 to 1"):
        read(Classes({"cat": 1, "dog": 2}))


@pytest.mark.parametrize("data", [5, None, object(), {}, "".join])
def test_what_is_no_data_is_refused(data: Any) -> None:
    with pytest.raises(SettingError, match="data are of the type"):
        read(data)


def test_a_dictionary_of_something_else_than_splits_is_refused() -> None:
    with pytest.raises(SettingError, match="a dictionary with the keys 'first'"):
        read({"first": Named()})


def test_torchvisions_folders_and_lists_of_paths_are_known_by_their_files(picture_folder: Path) -> None:
    from torchvision.datasets import ImageFolder

    data = ImageFolder(picture_folder)
    found = whole(data)
    assert found.classes == ("meadow", "sea")
    assert found.name(0) == str(picture_folder / "meadow" / "00.jpg")
    assert isinstance(found.store, ItemPictures)
    assert found.store.files is not None
    listed = whole(
        [(picture_folder / "sea" / "00.jpg", "sea"), (picture_folder / "meadow" / "01.jpg", "meadow")]
    )
    assert listed.name(0).endswith("00.jpg")
    assert torch.equal(listed.image(1), found.image(1))
    folder = read(picture_folder, validation=0.25)  # the same pictures are held out by what they show
    split = {found.name(int(place)) for place in read(data, validation=0.25)["val"].places}
    assert split == {folder["val"].name(index) for index in range(len(folder["val"]))}


def test_a_store_goes_to_another_process() -> None:
    store = whole([(Shades().picture(i), i % 2) for i in range(4)]).store
    assert torch.equal(pickle.loads(pickle.dumps(store)).read(2), store.read(2))


def test_samples_of_a_list_are_called_by_their_source() -> None:
    samples = [Sample(Shades().picture(i), ClassTargets(torch.tensor([i % 2])), f"{i}.png") for i in range(4)]
    assert whole(samples).name(3) == "3.png"


def test_check_reads_objects_too() -> None:
    pairs = [(Shades().picture(i // 2), "dark") for i in range(4)]
    report = striate.check(pairs)
    assert report.path == "list"
    assert {finding.kind for finding in report.findings} >= {"duplicate", "one-class"}


def test_equal_pictures_of_a_data_set_are_noticed_as_in_files() -> None:
    pairs = [(Shades().picture(1), 0), (Shades().picture(1), 0), (Shades().picture(2), 1)]
    from striate.data.checks.duplicates import file_doubles

    found = file_doubles(read(pairs, validation=0))
    assert [(one.kind, one.source) for one in found] == [("duplicate", "list[1]")]


def test_the_classes_of_a_data_set_keep_their_numbers_though_some_have_no_picture() -> None:
    class Three(Shades):
        classes = ("zebra", "ant", "fly")

    annotations = whole(Three()).annotations
    assert isinstance(annotations, ClassAnnotations)
    assert annotations.classes == ("zebra", "ant", "fly")
    assert annotations.labels.tolist() == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize("corners", [[0.0, 0.0, float("nan"), 3.0], [3.0, 1.0, 1.0, 3.0]])
def test_a_detector_is_not_measured_on_boxes_that_it_could_not_be_trained_on(corners: list[float]) -> None:
    boxes = {"boxes": torch.tensor([corners]), "labels": torch.tensor([0])}
    model = striate.create("yolo", classes=("0",))
    with pytest.raises(DataError, match="swapped corners or NaN") as raised:
        striate.evaluate(model, [(Shades().picture(i), boxes) for i in range(2)])
    assert raised.value.attempt == "mend them, or leave them out, in the data set"
