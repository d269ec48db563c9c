"""Checks that trust nothing but stored bytes."""
