"""The names of splits, and the words by which data speak of them."""

SPLITS = ("train", "val", "test")
UNSAID = -1  # the data do not say to which split a picture belongs
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
}
