"""`make bench`, or `python -m benchmarks [intake] [whole_path] [--quick] [--json]`: all of them if none is named."""

import argparse
import json
import sys

from benchmarks import intake, whole_path

BENCHMARKS = {"intake": intake.run, "whole_path": whole_path.run}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes; rough numbers")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    options = parser.parse_args()
    results = {name: BENCHMARKS[name](quick=options.quick) for name in (options.names or BENCHMARKS)}
    if options.json:
        sys.stdout.write(json.dumps(results) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
