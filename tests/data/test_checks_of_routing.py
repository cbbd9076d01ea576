"""Contradictions of requests routed by size, each with its exact words."""

from tests.data.cells import problems_of, sheet_of, workloads

TWO = [
    {"workload": "chat", "input_tokens": 100, "output_tokens": 50, "share": 0.5},
    {"workload": "chat", "input_tokens": 1000, "output_tokens": 50, "share": 0.5},
]


def test_routing_by_size_needs_sizes() -> None:
    said = "requests are routed by size, and Lengths has fewer than two rows of them; enter the sizes in Lengths, or clear it"
    assert problems_of(Workloads=workloads({"route_by_size": True})) == [f"Workloads!F2: {said}"]
    assert problems_of(Workloads=workloads({"route_by_size": True}), Lengths=sheet_of(*TWO)) == []


def test_routed_requests_come_at_a_rate() -> None:
    fields = {"requests_per_s": None, "route_by_size": True, "concurrent_requests": 8}
    said = "Concurrent requests counts requests in flight, and requests are routed by size as they come (Workloads!F2)"
    remedy = "fill Request rate, Requests per user and hour or Tokens per day instead, or clear Route by size"
    assert problems_of(Workloads=workloads(fields), Lengths=sheet_of(*TWO)) == [f"Workloads!G2: {said}; {remedy}"]


def test_nodes_are_shared_by_workloads_or_by_sizes() -> None:
    said = "Pool and Route by size (Workloads!F2) are both filled; keep one of them: nodes are shared by workloads or by request sizes"
    assert problems_of(Workloads=workloads({"route_by_size": True, "pool": "p"}), Lengths=sheet_of(*TWO)) == [f"Workloads!G2: {said}"]
