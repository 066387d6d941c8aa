import os

# Before anything imports numpy: with two threads, its small products of one message wait for each other, and on a busy
# machine that takes thirty times the processor time (docs/benchmarks.md). A training asks for its threads itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
