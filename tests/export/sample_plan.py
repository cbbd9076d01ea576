"""A scenario and a plan made by hand, with every billing basis, a shared instance, a closed loop, spot, tokens and four blocks of hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from data.cost_lines import instance_costs, setup_costs, token_costs
from data.records.candidate import Candidate, MemoryUse, RuledOut, StepTime
from data.records.plan import Alternative, Block, CostLine, Deployment, Limit, Override, Plan, ProblemSize, Remedy, Seconds, WhatIf, WorkloadDemand
from data.records.scenario import Scenario
from data.records.settings import Settings
from data.records.supply import Gpu, Model, Offer
from data.records.workload import Workload

TODAY = date(2026, 11, 21)
CHAT, RAG, BATCH = "chat assistant", "document answers", "nightly batch"
HOURS = {"peak": 88.0, "day": 176.0, "evening": 132.0, "night": 334.0}
LOADS = {CHAT: (16.7, 12.0, 7.0, 2.0), RAG: (140.0, 120.0, 30.0, 10.0), BATCH: (0.0, 0.0, 0.0, 14.0)}
CELLS = {("Workloads", 0, "users"): 20000, ("Settings", 0, "scenario_name"): "Organisation of 20,000 employees"}
STEP = StepTime(iteration_s=0.012, per_sequence_s=1e-5, per_kv_token_s=2e-9, per_prefill_token_s=4e-5, kv_tokens=400000.0, token_budget=8192)


def _workloads() -> tuple[Workload, ...]:
    return (
        Workload(
            name=CHAT, model="Llama-3.1-70B", precision=("fp8",), users=20000, requests_per_user_per_hour=3, profile="office_day", input_tokens=1200,
            output_tokens=300, ttft_target_ms=2000, tpot_target_ms=50,
        ),
        Workload(name=RAG, model="Llama-3.1-70B", concurrent_requests=140, input_tokens=8000, output_tokens=400, ttft_target_ms=4000, e2e_target_ms=30000),
        Workload(name=BATCH, model="Llama-3.1-8B", tokens_per_day=4e8, input_tokens=3000, output_tokens=500, serving_mode="offline", offline_hours_per_day=11),
    )  # fmt: skip


def _models() -> dict[str, Model]:
    seventy = Model(
        model="Llama-3.1-70B", hf_repo="meta-llama/Meta-Llama-3.1-70B", params_total_b=70.55, n_layers=80, hidden_size=8192, n_heads=64, n_kv_heads=8,
        head_dim=128, max_context=131072, kv_bytes_per_token_fp16=327680, quantised_variants="nvidia/Llama-3.1-70B-Instruct-FP8", source="its config.json",
    )  # fmt: skip
    eight = replace(
        seventy, model="Llama-3.1-8B", hf_repo="meta-llama/Meta-Llama-3.1-8B", params_total_b=8.03, n_layers=32, hidden_size=4096, n_heads=32,
        kv_bytes_per_token_fp16=131072, quantised_variants="",
    )  # fmt: skip
    return {model.model: model for model in (seventy, eight)}


def _gpus() -> dict[str, Gpu]:
    h100 = Gpu(
        gpu="H100-SXM5-80GB", vendor="NVIDIA", arch="Hopper", memory_gb=80, mem_bw_gbs=3350, fp16_bf16_tflops=989, fp8_tflops=1979, scaleup_tech="NVLink4",
        scaleup_gbs_unidir_per_gpu=450, source="NVIDIA H100 datasheet",
    )  # fmt: skip
    l40s = Gpu(gpu="L40S", vendor="NVIDIA", arch="Ada", memory_gb=48, mem_bw_gbs=864, fp16_bf16_tflops=362, fp8_tflops=733, source="NVIDIA L40S datasheet")
    return {gpu.gpu: gpu for gpu in (h100, l40s)}


def _offers() -> tuple[Offer, ...]:
    def instance(offer: str, provider: str, gpu: str, gpus: int, billing: str, **more: object) -> Offer:
        rest: dict[str, object] = {"region": "eu-central-1", "price_date": date(2026, 10, 30), "source": f"{provider} price list", "tags": ("eu",)} | more
        return Offer(offer=offer, provider=provider, gpu=gpu, gpus_per_instance=gpus, billing=billing, **rest)  # type: ignore[arg-type]

    return (
        instance("p5.48xlarge 1y", "AWS", "H100-SXM5-80GB", 8, "reserved", usd_per_instance_hour=27.5, upfront_usd=12000.0, term_months=12, max_instances=16),
        instance("gpu_8x_h100", "Lambda", "H100-SXM5-80GB", 8, "on_demand", usd_per_instance_hour=23.92, max_instances=2),
        instance("L40S spot", "RunPod", "L40S", 1, "spot", usd_per_instance_hour=0.43, interruption_share=0.1, price_date=date(2026, 5, 2)),
        instance(
            "own L40S server", "own", "L40S", 8, "purchase", usd_per_instance=98000.0, life_months=48, power_kw=4.2, hosting_usd_per_month=650.0,
            setup_usd=3000.0, price_date=None,
        ),
        Offer(
            offer="llama-70b api", provider="Together", billing="per_token", model="Llama-3.1-70B", usd_per_m_input_tokens=0.88,
            usd_per_m_output_tokens=0.88, price_date=date(2026, 11, 1), source="Together price page",
        ),
    )  # fmt: skip


def _candidate(workload: str, gpu: str, size: int, batch: int, *, slope: float, loss: float, tpot: float, unit_rate: float = 1.0) -> Candidate:
    memory = MemoryUse(weights_gb=17.9, kv_cache_gb=0.4 * batch, overhead_gb=4.1, free_gb=max(0.0, 72.0 - 22.0 - 0.4 * batch), usable_gb=72.0)
    return Candidate(
        key=f"{workload}|{gpu}|fp8|bf16|vllm|{size}|{batch}", workload=workload, gpu=gpu, precision="fp8", kv_precision="bf16", engine="vllm", node_size=size,
        batch_size=batch, capacity_per_node=slope, pooling_loss=loss, req_per_s_per_node=slope * unit_rate, ttft_ms=140.0 + 2.5 * batch, tpot_ms=tpot,
        e2e_ms=140.0 + 2.5 * batch + 299 * tpot, output_tok_per_s_per_node=slope * 300, max_batch=220, memory=memory, step_time=STEP, provenance="calibrated",
    )  # fmt: skip


def _candidates() -> tuple[Candidate, ...]:
    sizes = (1, 2, 4, 8, 16, 32, 64, 128)
    chat = [_candidate(CHAT, "H100-SXM5-80GB", 4, b, slope=3.9 * b / (b + 14), loss=0.6, tpot=12.5 + 0.19 * b) for b in sizes]
    chat[6] = _candidate(CHAT, "H100-SXM5-80GB", 4, 64, slope=3.2, loss=0.6, tpot=24.6)
    rag = [_candidate(RAG, "H100-SXM5-80GB", 2, 32, slope=45.0, loss=8.0, tpot=38.0, unit_rate=0.05)]
    return (*chat, *rag, _candidate(BATCH, "L40S", 1, 128, slope=1.1, loss=0.1, tpot=61.0))


def _deployment(offer: Offer, candidate: Candidate, counts: tuple[int, ...], load: float, share: float) -> Deployment:
    nodes = max(counts)
    return Deployment(
        workload=candidate.workload, model="Llama-3.1-8B" if candidate.workload == BATCH else "Llama-3.1-70B", precision="fp8", provider=offer.provider,
        offer=offer.offer, billing=offer.billing, region=offer.region, gpu=candidate.gpu, node_size=candidate.node_size, node_count=nodes,
        batch_size=candidate.batch_size, load_ratio=0.71, gpus=nodes * candidate.node_size,
        instances=nodes * candidate.node_size / offer.gpus_per_instance, share_of_demand=share, usd_per_month=0.0,
        req_per_s_per_node=candidate.req_per_s_per_node, ttft_ms=candidate.ttft_ms, tpot_ms=candidate.tpot_ms, e2e_ms=candidate.e2e_ms,
        memory=candidate.memory, nodes_by_block=dict(zip(HOURS, counts, strict=True)), candidate=candidate.key, provenance=candidate.provenance,
        engine="vllm", load=load, capacity=candidate.capacity(nodes),
    )  # fmt: skip


def _deployments(scenario: Scenario) -> tuple[Deployment, ...]:
    reserved, on_demand, spot, own, tokens = scenario.offers
    chat, rag, batch = (next(c for c in _candidates() if c.key.startswith(start)) for start in (f"{CHAT}|H100-SXM5-80GB|fp8|bf16|vllm|4|64", RAG, BATCH))
    api = Deployment(
        workload=RAG, model="Llama-3.1-70B", precision="", provider=tokens.provider, offer=tokens.offer, billing="per_token", region=tokens.region, gpu="",
        node_size=0, node_count=0, batch_size=0, load_ratio=0.0, gpus=0, instances=0.0, share_of_demand=0.143, usd_per_month=0.0, req_per_s_per_node=0.0,
        ttft_ms=0.0, tpot_ms=0.0, e2e_ms=0.0, memory=None, nodes_by_block={}, load=20.0, load_by_block={"peak": 20.0},
    )  # fmt: skip
    return (
        _deployment(reserved, chat, (4, 4, 3, 1), 11.1, 0.667),
        _deployment(on_demand, chat, (2, 1, 0, 0), 5.6, 0.333),
        _deployment(reserved, rag, (3, 3, 1, 1), 120.0, 0.857),
        api,
        _deployment(spot, batch, (0, 0, 0, 6), 5.6, 0.4),
        _deployment(own, batch, (0, 0, 0, 8), 8.4, 0.6),
    )


INSTANCES = {
    "p5.48xlarge 1y": (3, 3, 3, 3),  # 16 + 6 GPUs at the peak
    "gpu_8x_h100": (1, 1, 0, 0),
    "L40S spot": (0, 0, 0, 6),
    "own L40S server": (1, 1, 1, 1),
}


def sample() -> tuple[Scenario, Plan]:
    """Three workloads on five offers in four blocks, six deployments; total cost = the sum of the cost lines."""
    scenario = Scenario(
        name="sample", workloads=_workloads(), settings=Settings(scenario_name="Organisation of 20,000 employees"), offers=_offers(), gpus=_gpus(),
        models=_models(), given=frozenset(CELLS), cells=CELLS, path="organisation.xlsx", warnings=("the sheet Notes is not read",),
    )  # fmt: skip
    blocks = tuple(Block(name=name, hours_per_month=hours, demand={w: LOADS[w][i] for w in LOADS}) for i, (name, hours) in enumerate(HOURS.items()))
    demands = tuple(_demand(w.name, unit, blocks) for w, unit in zip(scenario.workloads, ("req/s", "requests in flight", "req/s"), strict=True))
    rows = _deployments(scenario)
    instances = {offer: dict(zip(HOURS, counts, strict=True)) for offer, counts in INSTANCES.items()}
    costs = [line for offer in scenario.offers[:4] for line in instance_costs(offer, instances[offer.offer], blocks, scenario.settings)]
    costs += token_costs(scenario.offers[4], scenario.workloads[1], demands[1], rows[3].load_by_block, blocks)
    costs += setup_costs(scenario.offers[4], scenario.settings)
    total = sum(line.usd_per_month for line in costs)
    plan = Plan(
        status="optimal", usd_per_month=total, bound_usd_per_month=total * 0.9995, gap=0.0005, gpus=46,
        deployments=_with_costs(rows, costs), instances=instances,
        blocks=blocks, demands=demands, costs=tuple(costs), limits=_limits(), alternatives=_alternatives(total), sensitivity=_what_ifs(total),
        candidates=_candidates(), ruled_out=_ruled_out(), warnings=("prices without a date: own L40S server",),
        seconds=Seconds(read=0.1, performance=0.2, build=0.1, solve=1.2), problem=ProblemSize(variables=812, integers=640, constraints=402),
        solver="HiGHS 1.15.1",
    )  # fmt: skip
    return scenario, plan


def _with_costs(rows: tuple[Deployment, ...], costs: list[CostLine]) -> tuple[Deployment, ...]:
    """Each offer's cost shared over its rows by GPU-hours."""

    def gpu_hours(row: Deployment) -> float:
        return row.node_size * sum(HOURS[block] * nodes for block, nodes in row.nodes_by_block.items()) or 1.0

    def cost(row: Deployment) -> float:
        on_offer = [other for other in rows if other.offer == row.offer]
        return sum(line.usd_per_month for line in costs if line.offer == row.offer) * gpu_hours(row) / sum(gpu_hours(other) for other in on_offer)

    return tuple(replace(row, usd_per_month=cost(row)) for row in rows)


def _demand(workload: str, unit: str, blocks: tuple[Block, ...]) -> WorkloadDemand:
    mean = sum(block.demand[workload] * block.hours_per_month for block in blocks) / 730
    per_hour = 3600.0 if unit == "req/s" else 3600.0 / 24
    requests = mean * per_hour * 730
    peak = max(block.demand[workload] for block in blocks)
    words = f"{peak:g} {unit} at the peak, {mean:.3g} in the mean of the profile"
    return WorkloadDemand(
        workload=workload, unit=unit, peak=peak, mean=mean, requests_per_month=requests, tokens_per_month=requests * 2000, requests_per_unit_hour=per_hour,
        formula=words,
    )  # fmt: skip


def _limits() -> tuple[Limit, ...]:
    return (
        Limit(name="capacity within the targets", workload=CHAT, value=18.6, bound=16.7, unit="req/s", sense=">="),
        Limit(name="TPOT at the batch size", workload=CHAT, value=24.6, bound=50, unit="ms", sense="<="),
        Limit(name="TTFT without waiting", workload=RAG, value=220, bound=4000, unit="ms", sense="<="),
        Limit(name="memory of a L40S", workload=BATCH, value=71.9, bound=72.0, unit="GB", sense="<="),
        Limit(name="stock of gpu_8x_h100", workload="", value=1, bound=2, unit="instances", sense="<="),
    )


def _alternatives(total: float) -> tuple[Alternative, ...]:
    found = [
        Alternative(
            name=name, status="optimal", usd_per_month=total * factor, gpus=46 + more, difference_usd_per_month=total * (factor - 1), difference_gpus=more,
            plan="6 nodes of 4 × H100-SXM5-80GB on 3 instances of p5.48xlarge 1y; and the rest as in the plan chosen",
        )
        for name, factor, more in (("only AWS", 1.12, 8), ("on demand only", 1.41, 0), ("only H100-SXM5-80GB", 1.07, 2), ("next best", 1.004, 0))
    ]  # fmt: skip
    none = Alternative(name="only L40S", status="infeasible", usd_per_month=None, gpus=None, difference_usd_per_month=None, difference_gpus=None, plan="")
    return (*found, none)


def _what_ifs(total: float) -> tuple[WhatIf, ...]:
    changes = (("one more request a second", CHAT, 812.0), ("10 ms more TTFT", RAG, -140.0), ("10 % more users", CHAT, 2400.0))
    return tuple(
        WhatIf(change=change, workload=name, status="optimal", usd_per_month=total + more, difference_usd_per_month=more) for change, name, more in changes
    )


def _ruled_out() -> tuple[RuledOut, ...]:
    small = "memory: weights of 70.6 GB a GPU in fp8 and 4.1 GB overhead exceed the 43.2 GB usable on 1 × L40S"
    batch = "a batch interface serves offline work only"
    return (
        RuledOut(workload=CHAT, gpu="L40S", precision="fp8", node_size=1, batch_size=None, offer="", reason=small),
        RuledOut(workload=RAG, gpu="", precision="", node_size=None, batch_size=None, offer="llama-70b batch", reason=batch),
    )


def infeasible() -> tuple[Scenario, Plan]:
    """The sample's scenario without a plan."""
    scenario, plan = sample()
    said = (f"{CHAT}: nothing can serve it: memory: weights of 405.0 GB exceed the 21.6 GB usable on 1 × L4 (3 times)", f"{RAG}: it could be served on its own")
    larger = Remedy(
        workload="", change="add 8 to Node sizes (Settings)", usd_per_month=91_250.0,
        overrides=(Override(sheet="Settings", row="", field="node_sizes", value="1, 2, 4, 8"),),
    )  # fmt: skip
    return scenario, Plan(status="infeasible", ruled_out=plan.ruled_out, diagnosis=said, remedies=(larger,), warnings=plan.warnings, solver=plan.solver)


def in_french(scenario: Scenario, plan: Plan) -> tuple[Scenario, Plan]:
    """A scenario with the setting of French."""
    return replace(scenario, settings=replace(scenario.settings, language="fr")), plan
