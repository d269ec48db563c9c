"""Thin routers, one noun a file."""
