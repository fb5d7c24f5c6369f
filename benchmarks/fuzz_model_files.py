"""Mutated model files: every one is loaded and asked, or refused in three lines.

    python benchmarks/fuzz_model_files.py --count 2000 --seed 0

Held equal: small networks, one picture. Shown: how many were answered and refused, and what must not happen:
any other exception, more than 20 seconds or 1 GB, a process, a connection, an answer that is NaN, or a file
that is opened outside of the model's folder.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch

from benchmarks.fuzzing import (
    Guard,
    Report,
    as_json,
    cases,
    damaged,
    edited,
    program,
    two_folders,
)
from striate.data.preprocess import Preprocess
from striate.zoo.build import build
from striate.zoo.save_load import load, save

NAMES = ("lenet5", "resnet20")


def model_bytes(folder: Path, name: str) -> bytes:
    """A saved model."""
    torch.manual_seed(0)
    path = folder / f"{name}.safetensors"
    save(build(name, ["cat", "dog"], Preprocess((32, 32))).eval(), path, settings={"seed": 0, "epochs": 3})
    return path.read_bytes()


def parts_of(content: bytes) -> tuple[dict, bytes]:
    """The header and the tensors."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: object, tensors: bytes) -> bytes:
    """The inverse of ``parts_of``."""
    text = as_json(header).encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "little") + text + tensors


def with_header(content: bytes, random: Random) -> bytes:
    """The header of the format edited: names, shapes, kinds and offsets of tensors."""
    header, tensors = parts_of(content)
    return joined(edited(header, random), tensors)


def with_metadata(content: bytes, random: Random) -> bytes:
    """What striate says of the network edited."""
    header, tensors = parts_of(content)
    own = json.loads(header["__metadata__"]["striate"])
    for _ in range(random.choice([1, 1, 2])):
        own = edited(own, random)
    header["__metadata__"]["striate"] = as_json(own)
    return joined(header, tensors)


def with_numbers(content: bytes, random: Random) -> bytes:
    """Numbers among the weights that are NaN, infinite or huge."""
    header, tensors = parts_of(content)
    changed = bytearray(tensors)
    for _ in range(random.choice([1, 5])):
        place = random.randrange(len(changed) // 4) * 4
        changed[place : place + 4] = random.choice([b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\x7f\x7f"])
    return joined(header, bytes(changed))


def with_length(content: bytes, random: Random) -> bytes:
    """Another length of the header."""
    return random.choice([0, 1, 7, 2**31, 2**62, 2**64 - 1]).to_bytes(8, "little") + content[8:]


def nested(content: bytes, random: Random) -> bytes:
    """A header that is nothing but depth."""
    text = random.choice([b"[", b'{"a":']) * random.choice([1000, 200_000])
    return len(text).to_bytes(8, "little") + text + content


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(damaged, damaged, with_header, with_header, with_metadata, with_metadata, with_metadata),
    *(with_numbers, with_length, nested),
)


def place(path: Path, content: bytes, random: Random, outside: Path) -> None:
    """Put the file there; now and then something that is none."""
    kind = random.random()
    if kind < 0.02:
        os.mkfifo(path)
    elif kind < 0.03:
        path.mkdir()
    elif kind < 0.04:
        path.symlink_to(path.name)  # to itself
    elif kind < 0.05:
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(content)
        if kind < 0.06:
            os.truncate(path, 2**40)


def ask(path: Path) -> None:
    """Load, and answer for one picture."""
    model = load(path)
    record = model.predict(torch.full((3, 40, 40), 99, dtype=torch.uint8))
    if not torch.as_tensor(record.scores).isfinite().all():
        raise ArithmeticError("the answer is NaN")


def fuzz(count: int, seed: int) -> Report:
    """So many cases; the same for the same seed."""
    with two_folders() as (folder, outside):
        originals = [model_bytes(folder, network) for network in NAMES]
        ask(folder / "lenet5.safetensors")  # imports come before the memory is counted
        guard = Guard(outside)
        for number, random in cases(count, seed):
            mutate = random.choice(MUTATIONS)
            path = folder / f"{number}.safetensors"
            place(path, mutate(random.choice(originals), random), random, outside)
            guard.run(f"case {number} ({mutate.__name__})", lambda path=path: ask(path))
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        return guard.report


if __name__ == "__main__":
    program(__doc__, fuzz, 2000)
