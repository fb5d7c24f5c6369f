"""An index: the nearest of a slow comparison, added to and removed from, saved and read, by lists too."""

import json

import pytest
import torch
from torch.nn import functional as F

from striate.errors import DataError, SettingError, ShapeError
from striate.explain.embeddings import vector_index as room
from striate.explain.embeddings.vector_index import VectorIndex


def vectors(count, seed=0, dimensions=16):
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))


def index_of(count, **options):
    index = VectorIndex(16, **options)
    index.add([f"p{number}" for number in range(count)], vectors(count))
    return index


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_nearest_are_those_of_a_slow_comparison(metric):
    index, asked = index_of(300, metric=metric), vectors(7, seed=1)
    names, found = index.search(asked, k=4)
    rows = vectors(300)
    slow = torch.cdist(asked, rows) if metric == "euclidean" else 1 - F.normalize(asked) @ F.normalize(rows).T
    wanted = slow.sort(1)
    assert names == [[f"p{number}" for number in row] for row in wanted.indices[:, :4].tolist()]
    assert torch.allclose(found.distances, wanted.values[:, :4], atol=1e-5)
    assert found.exact


@pytest.mark.parametrize("most", [10, 1_000], ids=["lists", "exact"])
def test_vectors_are_added_replaced_and_removed(most):
    index = index_of(100, most_exact=most)
    index.search(vectors(1), 1)  # lists are there by now
    index.add(["new"], vectors(1, seed=5))
    assert index.search(vectors(1, seed=5), 1)[0] == [["new"]]
    index.add(["p3"], vectors(1, seed=6))
    assert index.search(vectors(1, seed=6), 1)[0] == [["p3"]]
    index.remove(["new", "p3"])
    assert len(index) == 99
    assert not {"new", "p3"} & {name for row in index.search(vectors(9, seed=7), 50)[0] for name in row}
    with pytest.raises(DataError, match="there is no 'new'"):
        index.remove(["new"])


@pytest.mark.parametrize("most", [10, 1_000], ids=["lists", "exact"])
def test_a_saved_index_answers_the_same_and_can_be_changed(tmp_path, most):
    index = index_of(200, most_exact=most)
    index.remove(["p7"])
    index.save(tmp_path / "index")
    again = VectorIndex.open(tmp_path / "index", most_exact=most)
    assert again.search(vectors(20, seed=1), 5)[0] == index.search(vectors(20, seed=1), 5)[0]
    again.add(["new"], vectors(1, seed=5))
    again.remove(["p9"])
    assert again.search(vectors(1, seed=5), 1)[0] == [["new"]]
    again.save(tmp_path / "index")
    last = VectorIndex.open(tmp_path / "index", most_exact=most)
    assert set(last.names) == {f"p{number}" for number in range(200)} - {"p7", "p9"} | {"new"}


def test_lists_find_nearly_all_of_the_nearest():
    exact, lists = index_of(2_000), index_of(2_000, most_exact=10)
    asked = vectors(100, seed=1)
    pairs = zip(exact.search(asked, 10)[0], lists.search(asked, 10)[0], strict=True)
    assert sum(len(set(one) & set(other)) for one, other in pairs) >= 990


def test_folders_that_are_no_index_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read as an index"):
        VectorIndex.open(tmp_path)
    index_of(5).save(tmp_path)
    words = json.loads((tmp_path / "names.json").read_text())
    (tmp_path / "names.json").write_text(json.dumps({**words, "format": 9}))
    with pytest.raises(DataError, match="the format 9"):
        VectorIndex.open(tmp_path)
    (tmp_path / "names.json").write_text(json.dumps({**words, "names": ["a"]}))
    with pytest.raises(DataError, match="do not fit"):
        VectorIndex.open(tmp_path)


def test_what_does_not_fit_is_refused():
    index = index_of(3)
    with pytest.raises(ShapeError, match=r"vectors are \(1, 4\)"):
        index.add(["x"], torch.zeros(1, 4))
    with pytest.raises(ShapeError, match="no finite"):
        index.add(["x"], torch.full((1, 16), torch.nan))
    with pytest.raises(ShapeError, match="queries"):
        index.search(torch.zeros(1, 4))
    with pytest.raises(SettingError, match="k is 0"):
        index.search(vectors(1), 0)
    with pytest.raises(SettingError, match="0 vectors"):
        VectorIndex(16).search(vectors(1))
    with pytest.raises(SettingError, match="metric is 'angle'"):
        VectorIndex(16, "angle")


def test_many_new_vectors_are_brought_into_the_lists(monkeypatch, tmp_path):
    monkeypatch.setattr(room, "BLOCK", 8)
    index, exact = index_of(200, most_exact=10), index_of(200)
    index.search(vectors(1), 1)
    for count, seed in ((9, 3), (20, 4), (900, 5)):  # stays beside the lists; joins them; new centres
        names = [f"{seed}/{number}" for number in range(count)]
        for one in (index, exact):
            one.add(names, vectors(count, seed=seed))
            one.remove([names[0], f"p{seed}"])
        asked = vectors(30, seed=seed)
        found, wanted = index.search(asked, 3)[0], exact.search(asked, 3)[0]
        assert sum(len(set(a) & set(b)) for a, b in zip(found, wanted, strict=True)) >= 86
        index.save(tmp_path / "index")
        index = VectorIndex.open(tmp_path / "index", most_exact=10)
        assert set(index.names) == set(exact.names)
        assert len(list((tmp_path / "index").iterdir())) == 4  # no old file stays


def test_queries_that_are_no_numbers_are_refused():
    with pytest.raises(ShapeError, match="queries hold no finite numbers"):
        index_of(9).search(torch.full((1, 16), torch.nan))


def test_numbers_of_any_scale_are_found_by_lists():
    exact, lists = VectorIndex(16, "euclidean"), VectorIndex(16, "euclidean", most_exact=10)
    names, asked = [str(number) for number in range(500)], 1000 * vectors(50, seed=1)
    for index in (exact, lists):
        index.add(names, 1000 * vectors(500))
    wanted, found = exact.search(asked, 5), lists.search(asked, 5)
    pairs = zip(wanted[0], found[0], strict=True)
    assert sum(len(set(one) & set(other)) for one, other in pairs) >= 248
    same = [one == other for one, other in zip(wanted[0], found[0], strict=True)]
    assert torch.allclose(wanted[1].distances[same], found[1].distances[same])


def test_an_index_of_equal_vectors_names_as_many_as_are_asked_for():
    index = VectorIndex(16, most_exact=10)
    index.add([str(number) for number in range(60)], torch.ones(60, 16))
    assert len(set(index.search(torch.ones(1, 16), 40)[0][0])) == 40


def test_its_vectors_have_the_folders_of_the_pictures_for_classes():
    index = VectorIndex(16, layer="stem")
    index.add(["a/1.png", "a/2.png", "b/1.png"], vectors(3))
    index.remove(["a/1.png"])
    made = index.embeddings()
    assert (made.names, made.labels.tolist(), made.classes) == (("a/2.png", "b/1.png"), [0, 1], ("a", "b"))
    assert torch.allclose(made.values, F.normalize(vectors(3))[1:])
    assert made.layer == "stem"
