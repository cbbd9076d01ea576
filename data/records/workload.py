"""What has to be served: workloads, their request lengths and their hours (sheets Workloads, Lengths, Profiles)."""

from __future__ import annotations

from dataclasses import dataclass

from data.fields import REQUIRED, column
from data.units import PRECISIONS

SERVING_MODES = ("streaming", "sequential", "offline")
ENGINES = ("auto", "vllm", "sglang", "tensorrt-llm")
DEMAND_FIELDS = ("requests_per_s", "concurrent_requests", "users", "tokens_per_day")


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One stream of requests to one model, with its latency targets and its procurement limits (sheet Workloads)."""

    name: str = column("Workload", "text", "A name of your own, used in every result.", REQUIRED, example="chat assistant")
    model: str = column("Model", "text", "Catalogue name or Hugging Face name of the model served.", REQUIRED, refers="model", example="Llama-3.1-70B")
    precision: tuple[str, ...] = column(
        "Precision", "choices", "Weight precisions allowed, separated by commas; auto lets the planner pick the cheapest that the GPU computes.",
        ("auto",), choices=("auto", *PRECISIONS), example="fp8",
    )
    kv_precision: str = column(
        "KV cache precision", "choice", "Precision of the KV cache; auto is 16 bit, the engines' default.", "auto", choices=("auto", "bf16", "fp8"),
    )
    activation_precision: str = column(
        "Activation precision", "choice", "Precision of the arithmetic; auto computes as the weights allow, bf16 is weight-only quantisation (W8A16, W4A16).", "auto", choices=("auto", *PRECISIONS),
    )
    requests_per_s: float | None = column(
        "Request rate", "number", "Requests a second at the peak (or mean, see Demand is). Fill exactly one demand column.", low=0, open_low=True, high=1e9, unit="req/s",
    )
    concurrent_requests: float | None = column(
        "Concurrent requests", "number", "Requests in flight at all times (closed loop). Fill exactly one demand column.", low=0, open_low=True, high=1e9, unit="requests",
    )
    users: float | None = column(
        "Users", "number", "People entitled to use it; needs the active share, the requests an hour or the think time. Fill exactly one demand column.", low=0, open_low=True, high=1e10, unit="users", example=20000,
    )
    active_share: float | None = column(
        "Active share", "number", "Share of the users with a request in flight at the peak.", low=0, open_low=True, high=1, unit="share", example=0.02,
    )
    requests_per_user_per_hour: float | None = column(
        "Requests per user and hour", "number", "Requests each user sends in the peak hour.", low=0, open_low=True, high=1e6, unit="1/h",
    )
    think_time_s: float | None = column(
        "Think time", "number", "All users are in a session, and each sends the next request so long after the last answer, in the mean.", low=0, open_low=True, high=1e6, unit="s",
    )
    tokens_per_day: float | None = column(
        "Tokens per day", "number", "Input plus output tokens a day, a mean. Fill exactly one demand column.", low=0, open_low=True, high=1e16, unit="tokens/day",
    )
    demand_is: str = column("Demand is", "choice", "Whether the demand is that of the peak or the mean over time.", "peak", choices=("peak", "mean"))
    peak_to_mean: float | None = column(
        "Peak to mean", "number", "Peak demand over mean demand, for a mean; blank takes it from the profile.", low=1, high=1000, unit="ratio",
    )
    arrival_cv: float = column(
        "Arrival burstiness", "number", "Coefficient of variation of the times between requests: 1 is Poisson, 2 bursty.", 1.0, low=0, open_low=True, high=10, unit="CV",
    )
    burst_factor: float = column(
        "Burst factor", "number",
        "Rate of the 95th-percentile minute over its hour's mean; 1: the demand stated holds it already. Traces: 1.2 above 20 req/s, 1.35 for a chat at a few req/s, 3 for one bursty tenant.",
        1.0, low=1, high=20, unit="ratio",
    )
    profile: str = column("Profile", "text", "Hours of the month by load: a row group of the Profiles sheet or a shipped one.", "steady", refers="profile", example="office_day")
    growth_per_month_share: float = column("Growth per month", "number", "Compound growth of the demand each month.", 0.0, low=-0.5, high=1, unit="share")
    input_tokens: float = column("Input tokens", "number", "Mean tokens of a prompt: system prompt, history and retrieved text included.", REQUIRED, low=1, high=1e7, unit="tokens", example=1200)
    output_tokens: float = column("Output tokens", "number", "Mean tokens of an answer.", REQUIRED, low=1, high=1e6, unit="tokens", example=300)
    length_cv: float = column(
        "Length spread", "number", "Coefficient of variation of input and output lengths (default: Azure 2023 conversation trace, inputs).", 0.96, low=0, high=5, unit="CV",
    )
    cached_prefix_tokens: float = column("Cached prefix", "number", "Mean input tokens found in the prefix cache, so not computed again.", 0.0, low=0, high=1e7, unit="tokens")
    max_context_tokens: float | None = column("Maximum context", "number", "Longest request the node must hold (input plus output); blank: the 99th percentile of the lengths.", low=1, high=1e8, unit="tokens")
    accepted_tokens_per_step: float = column(
        "Accepted tokens per step", "number", "Speculative decoding: mean tokens gained by a step, the model's own one included (1 = off).", 1.0, low=1, high=16, unit="tokens",
    )
    draft_tokens: int = column("Draft tokens", "integer", "Speculative decoding: tokens drafted a step (0 = off).", 0, low=0, high=16, unit="tokens")
    draft_cost_share: float = column("Draft cost", "number", "Speculative decoding: time of drafting as a share of the model's own step.", 0.0, low=0, high=2, unit="share")
    prefill_token_budget: int | None = column(
        "Prefill token budget", "integer", "Tokens an iteration may carry (chunked prefill, max_num_batched_tokens); blank: the engine's default.", low=64, high=1048576, unit="tokens",
    )
    lora_reserve_gb: float = column("LoRA reserve", "number", "Memory kept free on each GPU for adapters.", 0.0, low=0, high=1000, unit="GB")
    serving_mode: str = column(
        "Serving mode", "choice", "streaming: TTFT and TPOT matter; sequential: the whole answer's time; offline: only throughput in its hours.", "streaming", choices=SERVING_MODES,
    )
    offline_hours_per_day: float = column("Offline hours per day", "number", "Hours a day in which offline work may run.", 24.0, low=0, open_low=True, high=24, unit="h")
    ttft_target_ms: float | None = column("TTFT target", "number", "Time to first token, waiting included, that the percentile must keep.", low=0, open_low=True, high=1e8, unit="ms", example=2000)
    tpot_target_ms: float | None = column("TPOT target", "number", "Time per output token after the first that the percentile must keep.", low=0, open_low=True, high=1e6, unit="ms", example=50)
    tokens_per_s_per_user: float | None = column("Tokens per second and user", "number", "Another way to give the TPOT target: 1000 / TPOT in ms.", low=0, open_low=True, high=1e5, unit="tokens/s")
    e2e_target_ms: float | None = column("End-to-end target", "number", "Time to the last token that the percentile must keep.", low=0, open_low=True, high=1e9, unit="ms")
    slo_percentile: int = column("Percentile", "integer", "Percentile at which the latency targets hold.", 95, choices=("50", "90", "95", "99"))
    engine: str = column("Engine", "choice", "Serving engine; auto takes the best the GPU runs.", "auto", choices=ENGINES)
    pool: str | None = column("Pool", "text", "Workloads of one model with the same pool name may share nodes.")
    route_by_size: bool = column(
        "Route by size", "flag", "The router sends the requests of each row of Lengths to the GPU type that suits them; each size then keeps the targets by itself.", False,
    )
    min_nodes: int = column("Minimum nodes", "integer", "Nodes kept even where fewer would do.", 0, low=0, high=100000, unit="nodes")
    spare_nodes: int = column("Spare nodes", "integer", "Nodes beyond the need, kept through a node failure (N + k).", 0, low=0, high=1000, unit="nodes")
    availability_target: float | None = column("Availability target", "number", "Share of the time in which enough nodes are up (0.999); adds spare nodes for node failures, as many as Spare nodes at least. Blank: none are added.", low=0.5, high=0.999999, unit="share", example=0.999)
    allowed_gpus: tuple[str, ...] = column("Allowed GPUs", "texts", "GPU names separated by commas; blank allows all.", (), refers="gpu")
    allowed_providers: tuple[str, ...] = column("Allowed providers", "texts", "Provider names separated by commas; blank allows all.", (), refers="provider")
    allowed_regions: tuple[str, ...] = column("Allowed regions", "texts", "Regions separated by commas; blank allows all.", (), refers="region")
    required_tags: tuple[str, ...] = column("Required tags", "texts", "Tags an offer must all carry (for example eu, hipaa).", (), refers="tag")
    excluded_tags: tuple[str, ...] = column("Excluded tags", "texts", "Tags an offer must not carry (for example third_party_hosts, indicative_price).", (), refers="tag", must_exist=False)
    max_monthly_usd: float | None = column("Budget", "number", "Most this workload may cost a month.", low=0, high=1e12, unit="USD/month")
    priority: int = column("Priority", "integer", "When stock or money is short, workloads of a higher number are served first.", 1, low=0, high=1000)


@dataclass(frozen=True, kw_only=True)
class LengthBin:
    """One bar of a histogram of request sizes (sheet Lengths); the shares of a workload add up to 1."""

    workload: str = column("Workload", "text", "The workload these lengths belong to.", REQUIRED, refers="workload", example="chat assistant")
    input_tokens: float = column("Input tokens", "number", "Input tokens of these requests.", REQUIRED, low=1, high=1e7, unit="tokens", example=800)
    output_tokens: float = column("Output tokens", "number", "Output tokens of these requests.", REQUIRED, low=1, high=1e6, unit="tokens", example=200)
    share: float = column("Share", "number", "Share of the requests; a workload's shares add up to 1.", REQUIRED, low=0, high=1, unit="share", example=0.6)


@dataclass(frozen=True, kw_only=True)
class ProfileBlock:
    """Hours of a month with one level of load (sheet Profiles): ``multiplier`` is relative to the profile's peak block."""

    profile: str = column("Profile", "text", "Name of the profile; its rows together make the month.", REQUIRED, example="two_shifts")
    block: str = column("Block", "text", "Name of the block of hours.", REQUIRED, example="day")
    hours_per_month: float = column("Hours per month", "number", "Hours of the month in this block; a profile's hours add up to the month.", REQUIRED, low=0, open_low=True, high=800, unit="h", example=365)
    multiplier: float = column("Multiplier", "number", "Load in this block over the peak load.", REQUIRED, low=0, high=1000, unit="ratio", example=1.0)
