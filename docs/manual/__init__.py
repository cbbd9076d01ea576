"""The manual: pages written from the code's own docstrings and tables, beside those written by hand in docs/."""
