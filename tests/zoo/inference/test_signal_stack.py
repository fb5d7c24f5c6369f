"""A signal after OpenVINO was used finds the stack that it had before."""

import subprocess
import sys

import pytest

LINES = """
import faulthandler, gc, os, signal, sys
import torch
from striate.data.preprocess import Preprocess
from striate.tasks.classification.classifier import Classifier
from striate.zoo.inference import openvino_engine as engines

signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
model = Classifier(network, ("a", "b"), Preprocess((2, 2))).eval()
graph = engines.converted(model)
if not int(sys.argv[1]):
    from contextlib import nullcontext
    engines.signal_stack_kept = nullcontext
for _ in range(2):  # the plugin of the first goes before that of the second
    second = engines.openvino().Core()
    engines.core = lambda core=second: core
    answer = engines.compiled(graph, "exact")
    answer(torch.zeros(2, 3, 2, 2, dtype=torch.uint8))
    _ or globals().update(first=answer)
engines.core = None
del first
gc.collect()
del answer, second
gc.collect()
os.kill(os.getpid(), signal.SIGUSR1)
"""


@pytest.mark.parametrize("kept", [True, False])
def test_a_signal_is_handled_after_openvino_was_let_go(kept: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LINES, str(int(kept))], capture_output=True, text=True, timeout=120
    )
    assert ("handled" in done.stdout) == kept, done.stderr  # without it: a segmentation fault
