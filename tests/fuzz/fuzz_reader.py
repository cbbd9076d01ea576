"""Coverage-guided fuzzing of the workbook reader: `make fuzz` (an hour; FUZZ_SECONDS=600 for less). What it finds goes into tests/fuzz/findings.

Arguments are libFuzzer's; an answer may take 10 s and 1 GB (the instrumented program itself takes a part of that).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "build" / "fuzz"
LIMITS = ("-timeout=10", "-rss_limit_mb=1000", "-max_len=65536")


def main() -> None:
    """Fuzz until told to stop, from the corpus of earlier runs and the seeds."""
    sys.path.insert(0, str(ROOT))
    import atheris  # noqa: PLC0415

    with atheris.instrument_imports(include=["data", "openpyxl"]):
        from tests.fuzz import reader_target  # noqa: PLC0415

    CORPUS.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(reader_target.seeds()):
        (CORPUS / f"seed-{number}").write_bytes(seed)
    shared_memory = Path("/dev/shm")  # noqa: S108 (a folder of its own is made there, where it exists)
    with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as folder:
        atheris.Setup([sys.argv[0], *LIMITS, f"-artifact_prefix={CORPUS}-", str(CORPUS), *sys.argv[1:]], lambda data: reader_target.answer(data, Path(folder)))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
