"""Tests of taking images in."""
