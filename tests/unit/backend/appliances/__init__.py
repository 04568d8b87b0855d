"""Tests of building appliances."""
