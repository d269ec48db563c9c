"""A district that behaves, and misbehaves, with known truth."""
