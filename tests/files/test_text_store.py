"""Texts come back, however many there are, and take no memory."""

import tracemalloc

from striate.files.text_store import TextStore


def test_texts_come_back_in_any_order():
    store = TextStore(in_memory=100)  # most of them lie in a file
    texts = [f"{number}: äß🙂\ud800" * (number % 7) for number in range(200)]
    kept = [store.add(text) for text in texts]
    assert [str(one) for one in reversed(kept)] == texts[::-1]
    late = store.add("later")
    assert [str(one) for one in (kept[13], late, kept[199])] == [texts[13], "later", texts[199]]


def test_long_texts_cost_as_much_as_short_ones():
    store, count = TextStore(in_memory=1 << 16), 5_000
    tracemalloc.start()
    try:
        kept = [store.add("x" * 10_000 + str(number)) for number in range(count)]
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(kept[4_321]).endswith("4321")
    assert now < 150 * count + (1 << 17)
    assert peak < 2**20 + (1 << 18)
