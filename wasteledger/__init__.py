"""The service: a ledger of scans, and the disposal rate computed from the items' own chains."""

from importlib.metadata import version

__version__ = version("wasteledger")
