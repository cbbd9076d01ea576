"""What can be bought and what it is made of: offers, GPUs, models, holdings, own measurements (sheets Offers, GPUs, Models, Existing, Measurements)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.fields import REQUIRED, column
from data.units import PRECISIONS

BILLING_KINDS = ("on_demand", "reserved", "spot", "purchase", "autoscaling", "per_token")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One thing a provider sells: GPU instances by the hour, by commitment or to own, or tokens of a model (sheet Offers)."""

    offer: str = column("Offer", "text", "Name of the offer, unique in the sheet.", REQUIRED, example="p5.48xlarge eu")
    provider: str = column("Provider", "text", "Who sells it.", REQUIRED, example="AWS")
    region: str = column("Region", "text", "Where it runs.", "unstated", example="eu-west-1")
    gpu: str | None = column("GPU", "text", "Catalogue name of the GPU (blank for per_token).", refers="gpu", example="H100-SXM5-80GB")
    gpus_per_instance: int = column("GPUs per instance", "integer", "GPUs sold together; instances are bought whole.", 1, low=1, high=1024, unit="GPUs", example=8)
    billing: str = column("Billing", "choice", "How it is paid.", REQUIRED, choices=BILLING_KINDS, example="on_demand")
    usd_per_instance_hour: float | None = column("Price per instance hour", "number", "Price of a whole instance for an hour.", low=0, high=1e7, unit="USD/h", example=39.8)
    upfront_usd: float = column("Upfront", "number", "Paid once at the start of the term for each instance, spread over the term.", 0.0, low=0, high=1e9, unit="USD")
    term_months: int | None = column("Term", "integer", "Months a reservation runs.", low=1, high=120, unit="months", example=12)
    min_instances: int = column("Minimum instances", "integer", "Fewest instances if any is taken.", 0, low=0, high=100000, unit="instances")
    max_instances: int | None = column("Maximum instances", "integer", "Stock or quota that can still be bought, besides instances held already (sheet Existing); blank is no limit known.", low=0, high=1000000, unit="instances", example=16)
    tier_of: str = column("Tier of", "text", "Volume price: the offer whose product this row sells from its own Minimum instances on, out of the same stock.", "", refers="offer")
    setup_usd: float = column("Setup fee", "number", "Paid once if the offer is used at all, spread over the term (without one: over the months planned).", 0.0, low=0, high=1e9, unit="USD")
    interruption_share: float = column("Interruption share", "number", "Spot: share of the hours an instance is away.", 0.0, low=0, high=0.95, unit="share")
    startup_s: float = column("Start-up time", "number", "Time from request to serving (autoscaling), billed.", 0.0, low=0, high=86400, unit="s")
    usd_per_instance: float | None = column("Purchase price", "number", "Purchase: capital for one instance.", low=0, high=1e9, unit="USD")
    life_months: int | None = column("Life", "integer", "Purchase: months over which the capital is written off.", low=1, high=240, unit="months")
    power_kw: float = column("Power", "number", "Purchase: electrical power of one instance under load, before PUE.", 0.0, low=0, high=10000, unit="kW")
    hosting_usd_per_month: float = column("Hosting", "number", "Purchase: rack, network, staff and support for one instance.", 0.0, low=0, high=1e8, unit="USD/month")
    model: str | None = column("Model", "text", "Per token: the model served (catalogue name or alias).", refers="model")
    usd_per_m_input_tokens: float | None = column("Price per million input tokens", "number", "Per token: price of a million input tokens.", low=0, high=1e6, unit="USD")
    usd_per_m_output_tokens: float | None = column("Price per million output tokens", "number", "Per token: price of a million output tokens.", low=0, high=1e6, unit="USD")
    currency: str = column("Currency", "text", "ISO code of every price in the row (see Settings for the rates).", "USD", example="USD")
    tags: tuple[str, ...] = column("Tags", "texts", "Words a workload may require, separated by commas (eu, hipaa, green).", (), example="eu")
    price_date: date | None = column("Price date", "date", "Day on which the price was read.", example=date(2026, 11, 1))
    source: str = column("Source", "text", "Where the price comes from.", "workbook", example="quote 4711")
    held_instances: int = 0  # held already (sheet Existing), whatever the stock; no column

    @property
    def stock_of(self) -> str:
        """The offer whose stock the instances come from: its own, or that of the offer whose volume tier it is."""
        return self.tier_of or self.offer


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One accelerator as its datasheet says (sheet GPUs, data/catalogue/gpus.csv). Peaks are dense, without sparsity."""

    gpu: str = column("GPU", "text", "Name of the GPU.", REQUIRED, example="H100-SXM5-80GB")
    vendor: str = column("Vendor", "text", "Maker.", "unknown", example="NVIDIA")
    arch: str = column("Architecture", "text", "Generation; picks the calibrated efficiencies (Ampere, Ada, Hopper, Blackwell, CDNA3 …).", "unknown", example="Hopper")
    memory_gb: float = column("Memory", "number", "Memory on the label.", REQUIRED, low=1, high=100000, unit="GB", example=80)
    memory_visible_gib: float | None = column("Memory visible", "number", "Memory the driver shows; blank derives it from the label.", low=1, high=100000, unit="GiB")
    mem_bw_gbs: float = column("Memory bandwidth", "number", "Peak memory bandwidth.", REQUIRED, low=1, high=1e6, unit="GB/s", example=3350)
    fp16_bf16_tflops: float = column("FP16/BF16 peak", "number", "Dense peak.", REQUIRED, low=0.1, high=1e6, unit="TFLOP/s", example=989)
    fp8_tflops: float | None = column("FP8 peak", "number", "Dense peak; blank where the GPU has none.", low=0.1, high=1e6, unit="TFLOP/s", example=1979)
    int8_tops: float | None = column("INT8 peak", "number", "Dense peak; blank where the GPU has none.", low=0.1, high=1e6, unit="TOP/s")
    fp4_tflops: float | None = column("FP4 peak", "number", "Dense peak; blank where the GPU has none.", low=0.1, high=1e6, unit="TFLOP/s")
    form_factor: str = column("Form factor", "text", "SXM, PCIe, OAM …", "")
    memory_kind: str = column("Memory kind", "choice", "HBM, or GDDR (whose ECC takes a sixteenth).", "HBM", choices=("HBM", "GDDR", "LPDDR"))
    scaleup_tech: str = column("Scale-up link", "text", "Link between the GPUs of a node.", "PCIe")
    scaleup_gbs_unidir_per_gpu: float = column("Scale-up bandwidth", "number", "One-way bandwidth a GPU to the others of its node.", 31.0, low=1, high=1e5, unit="GB/s")
    p2p_pair_gbs_unidir: float | None = column("Pair bandwidth", "number", "One-way bandwidth between two GPUs (full meshes).", low=1, high=1e5, unit="GB/s")
    bridge_size: int = column("Bridge size", "integer", "GPUs joined by a bridge (NVLink bridge pairs: 2); 1 = none.", 1, low=1, high=8, unit="GPUs")
    bridge_gbs_unidir: float | None = column("Bridge bandwidth", "number", "One-way bandwidth over the bridge.", low=1, high=1e5, unit="GB/s")
    max_gpus_scaleup_domain: int = column("Scale-up domain", "integer", "GPUs joined by the scale-up link.", 1, low=1, high=100000, unit="GPUs")
    gpus_per_node_typical: int = column("GPUs per server", "integer", "GPUs in the usual server.", 8, low=1, high=1024, unit="GPUs")
    pcie_gbs_unidir: float = column("PCIe bandwidth", "number", "One-way PCIe bandwidth of the slot.", 31.0, low=1, high=1000, unit="GB/s")
    tdp_w: float | None = column("TDP", "number", "Power of the card.", low=1, high=100000, unit="W")
    allin_kw_per_gpu: float | None = column("All-in power", "number", "Server power for each GPU.", low=0.01, high=100, unit="kW")
    aliases: tuple[str, ...] = column("Aliases", "texts", "Other names, separated by semicolons.", ())
    released: str = column("Released", "text", "Month of release.", "")
    source: str = column("Source", "text", "Where the figures come from.", "workbook")
    note: str = column("Note", "text", "Remarks.", "")


@dataclass(frozen=True, kw_only=True)
class Model:
    """One language model as its configuration says (sheet Models, data/catalogue/models.csv).

    KV bytes of a sequence of n tokens at 2 bytes an element:
    ``kv_bytes_per_token_fp16·n + min(n/window, 1)·kv_window_cap_bytes_per_seq_fp16 + state_bytes_per_seq``.
    """

    model: str = column("Model", "text", "Name of the model.", REQUIRED, example="Llama-3.1-8B")
    family: str = column("Family", "text", "Family; picks calibrated factors.", "unknown")
    hf_repo: str = column("Hugging Face repository", "text", "For the serve command and as an alias.", "")
    params_total_b: float = column("Parameters", "number", "All parameters.", REQUIRED, low=0.001, high=1e5, unit="10⁹", example=8.03)
    params_active_b: float | None = column("Active parameters", "number", "Parameters a token uses; blank: all (dense).", low=0.001, high=1e5, unit="10⁹")
    params_routed_experts_b: float = column("Routed expert parameters", "number", "Parameters in routed experts (0: dense).", 0.0, low=0, high=1e5, unit="10⁹")
    n_layers: int = column("Layers", "integer", "Transformer layers.", REQUIRED, low=1, high=10000, example=32)
    hidden_size: int = column("Hidden size", "integer", "Width of the residual stream.", REQUIRED, low=1, high=1000000, example=4096)
    n_heads: int = column("Attention heads", "integer", "Query heads.", REQUIRED, low=1, high=10000, example=32)
    n_kv_heads: int = column("KV heads", "integer", "Key/value heads (over which the KV cache is split between GPUs).", REQUIRED, low=1, high=10000, example=8)
    head_dim: int = column("Head dimension", "integer", "Size of a head.", REQUIRED, low=1, high=10000, example=128)
    vocab: int = column("Vocabulary", "integer", "Tokens in the vocabulary.", 128000, low=1, high=10000000)
    tie_embeddings: bool = column("Tied embeddings", "flag", "Input and output embeddings are one matrix.", False)
    attention_type: str = column("Attention", "text", "MHA, GQA, MQA, MLA, hybrid …", "GQA")
    n_full_attn_layers: int | None = column("Full attention layers", "integer", "Layers that attend to the whole context; blank: all.", low=0, high=10000)
    n_window_layers: int = column("Window layers", "integer", "Layers with a sliding window.", 0, low=0, high=10000)
    window: int | None = column("Window", "integer", "Length of the sliding window.", low=1, high=10000000, unit="tokens")
    n_linear_or_ssm_layers: int = column("Linear or SSM layers", "integer", "Layers with a fixed state.", 0, low=0, high=10000)
    mla_kv_lora_rank: int | None = column("MLA latent rank", "integer", "MLA: size of the compressed latent; blank: no MLA.", low=1, high=100000)
    mla_rope_dim: int | None = column("MLA RoPE dimension", "integer", "MLA: size of the shared rotary key.", low=1, high=100000)
    moe_experts: int = column("Experts", "integer", "Routed experts of a layer (0: dense).", 0, low=0, high=100000)
    moe_top_k: int = column("Experts per token", "integer", "Routed experts a token uses.", 0, low=0, high=10000)
    moe_dense_layers: int = column("Dense layers of a MoE", "integer", "Layers without experts.", 0, low=0, high=10000)
    max_context: int | None = column("Maximum context", "integer", "Longest context the model takes.", low=1, high=1000000000, unit="tokens")
    native_precision: str = column("Native precision", "text", "Precision of the published weights.", "bf16")
    weights_gb_native: float | None = column("Native weights", "number", "Size of the published weights.", low=0.001, high=1e6, unit="GB")
    kv_bytes_per_token_fp16: float = column("KV bytes per token", "number", "Growth of a sequence's KV cache at 2 bytes an element.", REQUIRED, low=0, high=1e9, unit="bytes", example=131072)
    kv_bytes_per_token_fp16_no_window_saving: float | None = column("KV bytes per token without window saving", "number", "What an engine without a hybrid cache manager reserves.", low=0, high=1e9, unit="bytes")
    kv_window_cap_bytes_per_seq_fp16: float = column("KV window cap", "number", "KV bytes of the window layers of one full sequence.", 0.0, low=0, high=1e12, unit="bytes")
    state_bytes_per_seq: float = column("State per sequence", "number", "Fixed state of linear or SSM layers.", 0.0, low=0, high=1e12, unit="bytes")
    parallel_block: bool = column("Parallel block", "flag", "Attention and MLP run side by side (one all-reduce a layer).", False)
    aliases: tuple[str, ...] = column("Aliases", "texts", "Other names, separated by semicolons.", ())
    quantised_variants: str = column("Quantised variants", "text", "Published quantised repositories.", "")
    source: str = column("Source", "text", "Where the figures come from.", "workbook")
    note: str = column("Note", "text", "Remarks.", "")


@dataclass(frozen=True, kw_only=True)
class Existing:
    """Instances already held, paid for and usable until their end (sheet Existing)."""

    offer: str = column("Offer", "text", "The offer they were taken from, reserved or purchased.", REQUIRED, refers="offer", example="p5 reserved 1 year")
    instances: int = column("Instances", "integer", "Instances held: paid for and usable to their end, whatever the plan.", REQUIRED, low=1, high=1000000, unit="instances", example=2)
    until: date | None = column("Until", "date", "Last day they are held (counted in whole periods; needs the setting Start date); blank: beyond the horizon.", example=date(2027, 3, 31))


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One of the user's own benchmark points (sheet Measurements, ``calibrate``): it calibrates this scenario, or states what a node carries."""

    model: str = column("Model", "text", "Model measured.", REQUIRED, refers="model", example="Llama-3.1-8B")
    gpu: str = column("GPU", "text", "GPU measured.", REQUIRED, refers="gpu", example="H100-SXM5-80GB")
    node_size: int = column("Node size", "integer", "GPUs of the model replica (tensor parallel).", 1, low=1, high=64, unit="GPUs", example=1)
    precision: str = column("Precision", "choice", "Weight precision.", "bf16", choices=PRECISIONS)
    kv_precision: str = column("KV cache precision", "choice", "Precision of the KV cache.", "bf16", choices=("bf16", "fp8"))
    engine: str = column("Engine", "choice", "Serving engine.", "auto", choices=("auto", "vllm", "sglang", "tensorrt-llm"))
    mode: str = column("Mode", "choice", "static: one batch run to its end; serving: continuous batching at that concurrency; max_throughput: everything queued; capacity: a node carries the requests a second within the workload's targets, taken as it is.", "serving", choices=("static", "serving", "max_throughput", "capacity"))
    input_tokens: float = column("Input tokens", "number", "Mean input tokens.", REQUIRED, low=1, high=1e7, unit="tokens", example=1000)
    output_tokens: float = column("Output tokens", "number", "Mean output tokens.", REQUIRED, low=1, high=1e6, unit="tokens", example=1000)
    concurrency: float | None = column("Concurrency", "number", "Requests in flight on the node; blank for max_throughput.", low=0, open_low=True, high=1e6, unit="requests", example=64)
    ttft_ms: float | None = column("TTFT", "number", "Mean or median time to first token.", low=0, open_low=True, high=1e8, unit="ms")
    tpot_ms: float | None = column("TPOT", "number", "Mean or median time per output token.", low=0, open_low=True, high=1e6, unit="ms", example=12.5)
    output_tok_per_s: float | None = column("Output tokens per second", "number", "Output tokens a second of the node.", low=0, open_low=True, high=1e8, unit="tokens/s")
    req_per_s: float | None = column("Requests per second", "number", "Requests a second of the node.", low=0, open_low=True, high=1e7, unit="req/s")

    @property
    def is_capacity(self) -> bool:
        """Whether it states what a node carries, instead of a run that the performance model is calibrated with."""
        return self.mode == "capacity"
