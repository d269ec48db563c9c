"""The contract: what crosses between a handheld, a printer, the service and an auditor.

Everything here is pure: no clock, no file but the data beside it, no network.
"""
