"""A message's small products run in one thread; whoever trains asks for more."""

import os
import subprocess
import sys

PROGRAM = """
import config, numpy
from threadpoolctl import threadpool_info, threadpool_limits
def threads(): return {one["num_threads"] for one in threadpool_info() if one["internal_api"] == "openblas"}
before = threads()
with threadpool_limits(2):
    print(before, threads())
"""


def threads(**environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=inherited | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_products_of_one_message_take_one_thread_and_a_training_may_take_two() -> None:
    assert threads() == "{1} {2}"


def test_an_operator_decides_otherwise() -> None:
    assert threads(OPENBLAS_NUM_THREADS="2").startswith("{2}")
