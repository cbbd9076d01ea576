"""Capacity that keeps its latency promise under random arrivals, as arithmetic on arrays of candidates."""
