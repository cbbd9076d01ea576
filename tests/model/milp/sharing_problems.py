"""Problems whose streams share pools, and their optimum by trying all nodes: a linear program says whether the loads fit and what tokens cost."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from milp_factory import candidate, offer, problem, tokens, workload
from scipy.optimize import linprog

from data.records.candidate import Candidate, Member, SharedPool, Stream
from data.records.supply import Offer
from model.problem import Problem


def shared_candidate(together: str, rates: Mapping[str, float], *, lost: float = 0.0, **more: Any) -> Candidate:
    """Nodes of which each carries ``rates`` of the streams alone; a pool loses ``lost`` nodes."""
    return candidate(together, loss=lost, members=tuple(Member(stream=s, capacity_per_node=rate) for s, rate in rates.items()), **more)


def sharing_problem(loads: Mapping[str, Any], candidates: Sequence[Candidate], offers: Sequence[Offer], **more: Any) -> Problem:
    """Workloads that may share the nodes of candidates of "a + b" (all of them together)."""
    posed = problem(loads, candidates, offers, **more)
    together = SharedPool(workload=workload(" + ".join(loads)), members=tuple(loads))
    streams = tuple(Stream(name=w, workload=w, input_tokens=1e6, output_tokens=1) for w in loads)
    return replace(posed, shared=(together,), streams=streams)


def sized_problem(loads: Sequence[float], rates: Mapping[str, Sequence[float]], offers: Sequence[Offer], **more: Any) -> Problem:
    """One workload w routed by size: ``loads`` by class, ``rates`` of a node by GPU and class."""
    total = sum(loads)
    candidates = [shared_candidate("w", {f"w {k}": rate for k, rate in enumerate(by_class) if rate > 0}, gpu=gpu) for gpu, by_class in rates.items()]
    posed = problem({"w": total}, candidates, offers, **more)
    sizes = [Stream(name=f"w {k}", workload="w", input_tokens=(k + 1) * 1e6, output_tokens=1, share=load / total) for k, load in enumerate(loads)]
    return replace(posed, streams=tuple(sizes))


def random_sharing(seed: int) -> Problem:
    """Two or three workloads that may share, on one or two GPU types on demand, perhaps with tokens, in one or two blocks."""
    draw = random.Random(seed)  # noqa: S311
    names = ["a", "b", "c"][: draw.choice((2, 2, 3))]
    gpus = ["G", "H"][: draw.choice((1, 2))]
    offers = [offer(f"o{gpu}", usd=round(draw.uniform(0.5, 2), 2), gpu=gpu, max_instances=3, provider=gpu) for gpu in gpus]
    if draw.random() < 0.4:
        offers.append(tokens("t", usd=round(draw.uniform(0.5, 3), 2)))
    candidates: list[Candidate] = []
    for gpu in gpus:
        candidates += [candidate(w, rate=_rate(draw), loss=draw.choice((0.0, 0.2)), gpu=gpu) for w in names if draw.random() < 0.8]
        rates = {w: _rate(draw) for w in names}
        candidates.append(shared_candidate(" + ".join(names), rates, lost=draw.choice((0.0, 0.3)), gpu=gpu))
    hours = draw.choice(((100.0,), (40.0, 60.0)))
    loads = {w: [round(draw.uniform(0.1, 1.2), 2) for _ in hours] for w in names}
    more = {"max_utilization": 0.8} if draw.random() < 0.2 else {}
    return sharing_problem(loads, candidates, offers, hours=hours, **more)


def random_sizes(seed: int) -> Problem:
    """One workload of four request sizes on three GPU types, perhaps with tokens."""
    draw = random.Random(seed)  # noqa: S311
    loads = [round(draw.uniform(0.1, 1.0), 2) for _ in range(4)]
    rates = {gpu: [_rate(draw) if draw.random() < 0.9 else 0.0 for _ in loads] for gpu in "GHI"}
    offers = [offer(f"o{gpu}", usd=round(draw.uniform(0.5, 2), 2), gpu=gpu, max_instances=3) for gpu in rates]
    if draw.random() < 0.5:
        offers.append(tokens("t", usd=round(draw.uniform(0.2, 1.5), 2)))
    return sized_problem(loads, rates, offers)


def _rate(draw: random.Random) -> float:
    return round(draw.uniform(0.3, 1.5), 2)


def cheapest_by_trying(posed: Problem) -> float | None:
    """USD a month of the best plan of a problem of on-demand instances of one GPU and one tokens offer; None if there is none."""
    total = 0.0
    for block in posed.blocks:
        best = min((usd for nodes in _all_nodes(posed) if (usd := _block_cost(posed, nodes, block.demand)) is not None), default=None)
        if best is None:
            return None
        total += best * block.hours_per_month
    return total


def _all_nodes(posed: Problem) -> list[tuple[int, ...]]:
    stock = {o.gpu: o.max_instances or 0 for o in posed.offers if o.gpu}
    ranges = [range(stock[c.gpu] + 1) for c in posed.candidates]
    fits = lambda nodes, gpu: sum(n for n, c in zip(nodes, posed.candidates, strict=True) if c.gpu == gpu) <= stock[gpu]  # noqa: E731
    return [nodes for nodes in itertools.product(*ranges) if all(fits(nodes, gpu) for gpu in stock)]


def _block_cost(posed: Problem, nodes: tuple[int, ...], demand: Mapping[str, float]) -> float | None:
    """USD an hour of some nodes and the cheapest loads: columns are (stream, candidate) of shared pools, then tokens of each stream."""
    price = {o.gpu: o.usd_per_instance_hour or 0.0 for o in posed.offers if o.gpu}
    instances = sum(n * price[c.gpu] for n, c in zip(nodes, posed.candidates, strict=True))
    use = posed.settings.max_utilization
    own = {w.name: 0.0 for w in posed.workloads}
    shared: list[tuple[Candidate, float]] = []
    for n, c in zip(nodes, posed.candidates, strict=True):
        if c.members:
            shared.append((c, use * max(0.0, n - c.pooling_loss / c.capacity_per_node)))
        else:
            own[c.workload] += use * max(0.0, n * c.capacity_per_node - c.pooling_loss) if n else 0.0
    columns = [(m.stream, k, m.capacity_per_node) for k, (c, _) in enumerate(shared) for m in c.members]
    api = next((o for o in posed.offers if o.billing == "per_token"), None)
    cost = [0.0] * len(columns) + [s.input_tokens / 1e6 * (api.usd_per_m_input_tokens or 0.0) if api else 0.0 for s in posed.streams]
    rows = [[-1.0 if s.name == name else 0.0 for name, _, _ in columns] + [-1.0 if s is other else 0.0 for other in posed.streams] for s in posed.streams]
    needs = [-(s.share * demand[s.workload] - (0.0 if s.is_part else own[s.workload])) for s in posed.streams]
    rows += [[1.0 / rate if k == at else 0.0 for _, at, rate in columns] + [0.0] * len(posed.streams) for k in range(len(shared))]
    bounds = [(0, None)] * len(columns) + [(0, None if api else 0)] * len(posed.streams)
    found = linprog(cost, A_ub=np.array(rows), b_ub=[*needs, *(room for _, room in shared)], bounds=bounds)
    return instances + found.fun if found.status == 0 else None
