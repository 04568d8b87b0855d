"""Whole systems of a distribution: installed by its own package manager, on a disk of their own."""
