"""Lawful labels: layout in millimetres and whole printer dots, PDF, and proof by decoding."""
