"""Breaks the product on purpose: `make mutants`."""
