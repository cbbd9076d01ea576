"""Units and conversion factors, each with its origin, said once."""

from __future__ import annotations

GB = 1e9  # bytes, SI
GIB = 2.0**30  # bytes, IEC
MS = 1e-3  # seconds
HOUR = 3600.0  # seconds
DAY_HOURS = 24.0
MILLION = 1e6
MONTHS_PER_YEAR = 12

PRECISIONS = ("bf16", "fp8", "int8", "int4", "fp4")

# Bytes of a stored weight. int4: 4 bit with a 16 bit scale and zero for each group of 128 (AWQ, GPTQ); fp4: 4 bit with an 8 bit scale for each
# group of 16 (NVFP4: 4.5 bit = 0.5625 byte).
BYTES_PER_WEIGHT = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.53125, "fp4": 0.5625}
BYTES_PER_KV_ELEMENT = {"bf16": 2.0, "fp8": 1.0}
