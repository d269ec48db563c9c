"""Ledgers, periodic reports, plans and the assessment sheet, derived from the chains of items."""
