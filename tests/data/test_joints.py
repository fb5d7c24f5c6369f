"""Names of points, their mirror pairs and their skeleton."""

import json
from pathlib import Path

import pytest

from striate.data.joints import Joints, joints_of, mirror_pairs, read_joints
from striate.errors import SettingError


def test_pairs_and_lines_are_written_with_names_or_with_numbers(tmp_path: Path):
    values = {
        "names": ["left_eye", "right_eye", "nose"],
        "pairs": [["left_eye", 1]],
        "skeleton": [[2, "left_eye"]],
    }
    (tmp_path / "joints.json").write_text(json.dumps(values))
    joints = read_joints(str(tmp_path / "joints.json"))
    assert (joints.names, joints.pairs, joints.skeleton) == (
        ("left_eye", "right_eye", "nose"),
        ((0, 1),),
        ((2, 0),),
    )
    assert Joints.from_dict(joints.to_dict()) == joints


def test_the_68_points_of_a_face_have_29_pairs_and_9_points_on_the_middle_line():
    face = read_joints("face68")
    assert len(face.names) == 68
    assert len(face.pairs) == 29
    middle = set(range(68)) - {end for pair in face.pairs for end in pair}
    # chin, bridge and tip of the nose, middle of the lips (300-W, figure 1)
    assert middle == {8, 27, 28, 29, 30, 33, 51, 57, 62, 66}


def test_the_14_joints_of_leeds_sports_are_known_by_their_names():
    joints = joints_of(read_joints("lsp14").names)
    assert joints.names[0] == "right_ankle"
    assert len(joints.pairs) == 6  # ankle, knee, hip, wrist, elbow, shoulder
    assert len(joints.skeleton) == 13
    assert joints_of(("nose", "left_ear", "right_ear")).pairs == ((1, 2),)


def test_names_that_differ_by_left_and_right_alone_are_pairs():
    assert mirror_pairs(["right_ankle", "neck", "left_ankle", "bright", "bleft"]) == ((2, 0),)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"names": ["a", "a"]}, "named twice"),
        ({"names": ["a", "b", "c"], "pairs": [[0, 1], [1, 2]]}, "in more than one mirror pair"),
        ({"names": ["a", "b"], "pairs": [["a", "a"]]}, "a mirror pair joins 'a' and 'a'"),
        ({"names": ["a", "b"], "pairs": [[0, 2]]}, "a mirror pair joins 'a' and 2"),
        ({"names": ["a", "b"], "skeleton": [[-1, 0]]}, "a line of the skeleton joins -1 and 'a'"),
        ({"names": ["eye", "b"], "pairs": [["b", "eyes"]]}, "names 'eyes', which is no point(.|\n)*try: eye"),
        ({"names": ["a", "b"], "pairs": [[0]]}, r"a mirror pair is \[0\]"),
        ({"names": ["a", "b"], "pairs": [[0, 1.5]]}, r"a mirror pair is \[0, 1.5\]"),
        ({"names": ["a", "b"], "pairs": 5}, "pairs is 5"),
        ({"names": "ab"}, "has no list of names"),
        ({"pairs": []}, "has no list of names"),
        ([1], "has no list of names"),
        (None, "has no list of names"),
    ],
)
def test_files_of_another_form_are_refused(values: object, message: str, tmp_path: Path):
    (tmp_path / "joints.json").write_text(json.dumps(values))
    with pytest.raises(SettingError, match=message):
        read_joints(str(tmp_path / "joints.json"))


def test_a_missing_file_and_no_json_are_refused(tmp_path: Path):
    with pytest.raises(SettingError, match="one of: face68"):
        read_joints("face86")
    (tmp_path / "joints.json").write_text("{")
    with pytest.raises(SettingError, match="is no JSON"):
        read_joints(str(tmp_path / "joints.json"))
