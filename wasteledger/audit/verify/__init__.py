"""The offline verifier: what a regulator runs who trusts nobody.

It shares no code with the service: only Python's standard library, and libsodium (PyNaCl) for speed where it is installed.
"""
