"""What tables show: one renderer a resource, one line a column."""

from __future__ import annotations

from slshell.dashboard.columns.base import Cell, Column, Renderer

__all__ = ["Cell", "Column", "Renderer"]
