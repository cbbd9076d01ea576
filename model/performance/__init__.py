"""The performance model: memory, step times, latency and throughput of a node, vectorised over points; numpy only.

``points.make_points`` builds the question, ``predict.predict`` answers it, ``predict.step_times`` gives the linear step law for queueing, and
``support.why_not`` / ``support.supported_precisions`` / ``engines.engines_for`` say what runs where.
"""
