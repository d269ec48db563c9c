"""Benchmarks: each prints JSON and compares itself with the raw limit, measured in the same run."""
