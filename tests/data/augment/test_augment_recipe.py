"""What a person writes for --augment."""

import pytest

from striate.data.augment.augment import PARTS, Augment
from striate.data.augment.augment_recipe import RECIPES, augmentation, recipe_file
from striate.errors import SettingError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", Augment()),
        ("mirror", Augment(mirror=0.5)),
        ("mirror,crop=4,rotate=10", Augment(mirror=0.5, crop=4, rotate=10)),
        (" mirror = 0.25 , edge=black ".replace(" = ", "="), Augment(mirror=0.25, edge="black")),
        ("light", Augment(mirror=0.5, crop=0.125)),
        ("light,mirror=0", Augment(crop=0.125)),
        ("none,pca=0.2", Augment(pca=0.2)),
        ("auto", RECIPES["light"]),
    ],
)
def test_texts_and_what_they_mean(text, expected):
    assert augmentation(text) == expected


@pytest.mark.parametrize("text", ["mirror=0.5,crop=4", "digits", "strong", "none", "rotate=10,edge=black"])
def test_an_augmentation_says_what_it_is(text):
    assert augmentation(str(augmentation(text))) == augmentation(text)


def test_grey_pictures_are_taken_for_handwriting_and_have_no_color_axes():
    assert augmentation("auto", grey=True) == RECIPES["digits"]
    assert augmentation("strong", grey=True).pca == 0


def test_handwriting_is_never_mirrored():
    assert (RECIPES["digits"].mirror, RECIPES["digits"].flip) == (0, 0)


@pytest.mark.parametrize("name", PARTS)
def test_every_part_has_a_usual_strength_and_a_limit(name):
    assert getattr(augmentation(name), name) == PARTS[name].usual
    with pytest.raises(SettingError, match=f"augmentation {name} is") as caught:
        augmentation(f"{name}={PARTS[name].most * 2}")
    assert PARTS[name].meaning in str(caught.value)
    with pytest.raises(SettingError):
        augmentation(f"{name}=-0.1")


def test_an_unknown_part_is_answered_with_the_three_nearest():
    with pytest.raises(SettingError) as caught:
        augmentation("mirror,rotation=10")
    wrong, expected, attempt = str(caught.value).splitlines()
    assert wrong == "there is no augmentation 'rotation'"
    assert expected.startswith("  expected: one of: auto, none, digits")
    assert attempt.startswith("  try: nearest: rotate, ")
    assert attempt.count(",") == 2


@pytest.mark.parametrize("text", ["rotate=much", "crop=nan", "edge=white", "", "mirror,,crop"])
def test_what_is_no_strength_is_refused(text):
    with pytest.raises(SettingError):
        augmentation(text)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("mine.json", '{"mirror": 0.5, "crop": 4, "edge": "black"}', "mirror=0.5,crop=4,edge=black"),
        ("empty.json", "{}", "none"),
        ("mine.txt", "light\nrotate=10, pca\n", "light,rotate=10,pca"),
    ],
)
def test_a_file_stands_for_its_text(tmp_path, name, content, text):
    (tmp_path / name).write_text(content)
    assert recipe_file(tmp_path / name) == text


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("mine.json", None, "No such file"),
        ("mine.json", "{", "cannot be read"),
        ("mine.json", '["mirror"]', "holds no object"),
        ("mine.json", '{"miror": 1}', "there is no augmentation 'miror'"),
        ("mine.json", '{"mirror": [1]}', r"mirror is '\[1\]'"),
        ("mine.json", '{"mirror": 2}', "mirror is 2"),
        ("mine.txt", "rotate=far", "rotate is 'far'"),
        ("mine.txt", b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused_by_name(tmp_path, name, content, wrong):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingError, match=wrong) as error:
        recipe_file(tmp_path / name)
    assert name in error.value.wrong
    assert len(str(error.value).splitlines()) == 3
