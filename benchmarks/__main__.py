"""`make bench`, or `python -m benchmarks [NAME ...] [--quick] [--json]`; without a name, all of them."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import (
    desk,
    duplicates,
    indexing,
    intake,
    metrics_cost,
    model_client,
    rules,
    search_scale,
    statistics,
    takeover,
    what_if,
    whole_path,
)

BENCHMARKS = {
    "intake": intake.run,
    "whole_path": whole_path.run,
    "search": search_scale.run,
    "indexing": indexing.run,
    "duplicates": duplicates.run,
    "rules": rules.run,
    "statistics": statistics.run,
    "model": model_client.run,
    "takeover": takeover.run,
    "metrics": metrics_cost.run,
    "what_if": what_if.run,
    "desk": desk.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; rough numbers")
    parser.add_argument("--chunks", type=int, metavar="N", help="search: among so many passages (default 100,000)")
    parser.add_argument(
        "--texts",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="search, duplicates: CSV or JSON lines to make them from; indexing: articles as JSON lines",
    )
    parser.add_argument("--keep", action="store_true", help="search: use the database that such a run left, leave it")
    parser.add_argument("--resume", action="store_true", help="search: go on with a run that was stopped")
    parser.add_argument(
        "--packages", metavar="PYTHON", help="model: a Python that has the frameworks to compare with (none: left out)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    extra: dict[str, dict[str, Any]] = {
        "search": {"chunks": options.chunks, "texts": options.texts, "keep": options.keep, "resume": options.resume},
        "duplicates": {"texts": options.texts},
        "model": {"packages": options.packages},
        "indexing": {"texts": [file for file in options.texts if file.suffix == ".jsonl"]},
    }
    results = {
        name: BENCHMARKS[name](quick=options.quick, **extra.get(name, {})) for name in (options.names or BENCHMARKS)
    }
    if options.json:
        sys.stdout.write(json.dumps(results) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
