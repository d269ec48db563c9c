"""The service: a ledger of scans, and the disposal rate computed from the items' own chains."""
