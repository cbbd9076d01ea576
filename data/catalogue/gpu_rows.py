"""GPUs of the shipped catalogue, from the reference table: trimmed, completed where a published figure allows, with aliases and bridges."""

from __future__ import annotations

from data.catalogue.tables import cleaned, joined
from data.fields import columns_of
from data.parse import record_from_strings
from data.records.supply import Gpu

REQUIRED_FIGURES = ("memory_gb", "mem_bw_gbs", "fp16_bf16_tflops", "scaleup_gbs_unidir_per_gpu")  # without these a GPU cannot be planned

GDDR = frozenset({
    "T4", "A10", "A10G", "A40", "RTX-A6000", "RTX-A5000", "RTX-3090", "L4", "L40", "L40S", "RTX-6000-Ada", "RTX-4090",
    "RTX-PRO-6000-BW-Server", "RTX-5090", "Arc-Pro-B60",
})  # fmt: skip

# Bridges: GPUs joined, one-way GB/s. Ampere and Hopper cards: reference table's scale-up and note columns; GA102 cards: 112.5 GB/s both ways.
BRIDGES = {
    "A100-PCIe-40GB": (2, 300), "A100-PCIe-80GB": (2, 300), "H100-PCIe-80GB": (2, 300), "H100-NVL-94GB": (2, 300), "H200-NVL-141GB": (4, 450),
    "A40": (2, 56), "RTX-A6000": (2, 56), "RTX-A5000": (2, 56), "RTX-3090": (2, 56),
}  # fmt: skip

# Memory as nvidia-smi prints it [MiB] for cards that ship with ECC off, where 15/16 of the label would be too little.
SHOWN_MIB = {"RTX-4090": 24564, "RTX-3090": 24576, "RTX-A5000": 24564, "RTX-A6000": 49140, "RTX-6000-Ada": 49140, "RTX-5090": 32607}

# Names people use, reviewed one by one: the reference table's, the measurements', nvidia-smi's, the clouds'.
ALIASES = {
    "V100-SXM2-16GB": ("V100", "V100-16GB"),
    "V100-SXM2-32GB": ("V100-32GB",),
    "A100-SXM4-40GB": ("A100-40GB", "A100-SXM-40GB"),
    "A100-SXM4-80GB": ("A100-80GB", "A100-SXM-80GB", "A100 SXM"),
    "A100-PCIe-80GB": ("A100 PCIe", "A100 80GB PCIe"),
    "A100-PCIe-40GB": ("A100 40GB PCIe",),
    "RTX-A6000": ("A6000",),
    "RTX-A5000": ("A5000",),
    "RTX-3090": ("3090",),
    "RTX-4090": ("4090",),
    "RTX-5090": ("5090",),
    "RTX-6000-Ada": ("6000 Ada",),
    "H100-SXM5-80GB": ("H100", "H100 SXM", "HGX H100", "DGX H100", "H100-80GB", "H100-SXM-80GB"),
    "H100-PCIe-80GB": ("H100 PCIe",),
    "H100-NVL-94GB": ("H100 NVL",),
    "H200-SXM-141GB": ("H200", "H200 SXM", "HGX H200", "H200-141GB"),
    "H200-NVL-141GB": ("H200 NVL",),
    "GH200-96GB": ("GH200", "GH200 480GB"),
    "GH200-144GB": ("GH200 HBM3e",),
    "B200-SXM-180GB": ("B200", "HGX B200", "DGX B200"),
    "B300-SXM-288GB": ("B300", "HGX B300", "DGX B300"),
    "GB200-NVL72-186GB": ("GB200", "GB200 NVL72"),
    "GB300-NVL72-288GB": ("GB300", "GB300 NVL72"),
    "RTX-PRO-6000-BW-Server": ("RTX PRO 6000", "PRO 6000", "PRO 6000 SE", "PRO 6000 WS", "RTX-PRO-6000-SE", "RTX PRO 6000 Blackwell Server Edition"),
    "Arc-Pro-B60": ("B60", "ARC-PRO-B60-DUAL"),
    "Gaudi2": ("GAUDI2-96GB", "Gaudi 2"),
    "Gaudi3": ("GAUDI3-128GB", "Gaudi 3"),
    "TPU-v5e": ("v5e",),
    "TPU-v5p": ("v5p",),
    "TPU-v6e": ("v6e", "Trillium"),
    "Trainium2": ("trn2",),
    "Rubin-SXM": ("Rubin",),
}

# MI350X is the MI355X chip (256 compute units) at 2.2 instead of 2.4 GHz (Hot Chips 2025), so its peaks are 2.2/2.4 of the MI355X's.
MI350X_OF_MI355X = 2.2 / 2.4
MI350X_SOURCE = "peaks: MI355X's times 2.2/2.4 (same chip, clocks of 2.2 and 2.4 GHz, Hot Chips 2025)"


def gpu_rows(table: list[dict[str, str]]) -> tuple[list[Gpu], list[str]]:
    """The GPUs that can be planned, and in words those that cannot. ``table`` is the reference gpus.csv."""
    by_name = {row["gpu"]: row for row in table}
    gpus, left_out = [], []
    for row in table:
        complete = _completed(row, by_name)
        missing = [figure for figure in REQUIRED_FIGURES if not complete[figure]]
        if missing:
            left_out.append(f"{row['gpu']}: no {', '.join(missing)}")
            continue
        gpus.append(record_from_strings(Gpu, {name: value for name, value in complete.items() if name in columns_of(Gpu)}))
    return gpus, left_out


def _completed(row: dict[str, str], by_name: dict[str, dict[str, str]]) -> dict[str, str]:
    name = row["gpu"]
    full = dict(row)
    full["source"] = cleaned(by_name["V100-SXM2-16GB"]["source"] if row["source"] == "as above" else row["source"])
    full["note"] = cleaned(row["note"])
    full["aliases"] = "; ".join(ALIASES.get(name, ()))
    full["memory_kind"] = "GDDR" if name in GDDR else "HBM"
    if name in BRIDGES:
        size, bandwidth = BRIDGES[name]
        full |= {"bridge_size": str(size), "bridge_gbs_unidir": str(bandwidth)}
    if name in SHOWN_MIB and not row["memory_visible_gib"]:
        full["memory_visible_gib"] = f"{SHOWN_MIB[name] / 1024:.2f}"
        full["source"] = joined([full["source"], f"memory shown: nvidia-smi, {SHOWN_MIB[name]} MiB (ECC off)"])
    if name == "MI350X":
        for figure in ("fp16_bf16_tflops", "fp8_tflops", "fp4_tflops"):
            full[figure] = f"{float(by_name['MI355X'][figure]) * MI350X_OF_MI355X:.0f}"
        full |= {"source": joined([full["source"], MI350X_SOURCE]), "note": ""}
    if not full["max_gpus_scaleup_domain"] and full["scaleup_gbs_unidir_per_gpu"]:
        full["max_gpus_scaleup_domain"] = full["gpus_per_node_typical"]
    return full
