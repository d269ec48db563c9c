"""Pure rules: fold, chain, deadlines, reconciliation, Merkle tree. No clock, no SQL, no network."""
