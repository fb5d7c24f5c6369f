import os

from striate.files.inside import strangers


def test_files_folders_and_links_within_are_at_home(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "a").write_text("x")
    (tmp_path / "deep" / "link").symlink_to("../a")
    assert strangers(tmp_path, ["a", "deep", "missing"]) == []


def test_links_that_lead_out_and_pipes_are_named(tmp_path):
    home, other = tmp_path / "home", tmp_path / "homework"  # a name that only begins alike is another folder
    (home / "deep").mkdir(parents=True)
    other.mkdir()
    (home / "deep" / "link").symlink_to(other)
    (home / "log").symlink_to(tmp_path / "nothing yet")
    os.mkfifo(home / "pipe")
    assert strangers(home, ["deep", "log", "pipe"]) == [
        "deep/link is a link that leads out of the folder",
        "log is a link that leads out of the folder",
        "pipe is a pipe, a socket or a device",
    ]


def test_a_folder_may_itself_be_reached_by_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("x")
    (tmp_path / "run").symlink_to("real")
    assert strangers(tmp_path / "run", ["a"]) == []


def test_a_ring_of_links_leads_nowhere_and_ends(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert len(strangers(tmp_path, ["a"])) <= 1
