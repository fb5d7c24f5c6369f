"""Visual Genome's region descriptions of 1.7 GB, made by repeating a few: memory and time of reading.

    python benchmarks/region_file.py region_descriptions.json FOLDER

The file of FOLDER is made once: the pictures of the given one again and again, with new ids. Printed:
resident memory after the imports and at its peak, CPU seconds, pictures, regions, reports of progress; then
the seconds of a second reading, which finds the index.
"""

import argparse
import json
import resource
import time
from pathlib import Path

from striate.data.formats.region_index import region_index

BYTES = 1_700_000_000


def repeated(source: Path, file: Path) -> None:
    """Write the large file."""
    pictures, number = json.loads(source.read_text()), 0
    with file.open("w") as stream:
        while stream.tell() < BYTES:
            for one in pictures:
                stream.write(("[" if not number else ", ") + json.dumps({**one, "id": number}))
                number += 1
        stream.write("]")


def peak() -> float:
    """The largest resident memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    file = asked.folder / "region_descriptions.json"
    if not file.exists():
        repeated(asked.source, file)
        print(f"made {file.stat().st_size:,} bytes; run again to measure")
        return
    before, began, reports = peak(), time.process_time(), list[int]()
    found = region_index(file, lambda done, _: reports.append(done))
    seconds = time.process_time() - began
    print(f"{len(found.images):,} pictures, {len(found.boxes):,} regions, {len(reports)} reports of progress")
    print(f"imports {before:.0f} MB, peak {peak():.0f} MB, {seconds:.1f} CPU seconds")
    began = time.process_time()
    region_index(file)
    print(f"again, from the index: {time.process_time() - began:.3f} CPU seconds")


if __name__ == "__main__":
    main()
