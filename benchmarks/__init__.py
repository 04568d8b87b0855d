"""Benchmarks: each prints a ratio against a peer or the raw floor, measured in the same run."""
