"""Discrete-event simulation of planned pools, iteration by iteration: the proof of a plan's latency promises."""
