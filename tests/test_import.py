"""What is imported when a public name is used, and what that leaves behind."""

import subprocess
import sys

PROGRAM = """
import gc
import striate
striate.errors
assert gc.isenabled()
gc.disable()
striate.postprocess
assert not gc.isenabled()
gc.enable()
try:
    striate.nothing
except AttributeError:
    pass
assert gc.isenabled()
"""


def test_an_import_leaves_the_collector_of_garbage_as_it_was() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
