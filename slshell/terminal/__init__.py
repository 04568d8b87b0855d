"""The terminal emulator: bytes from a machine in, rows of styled text out; no screen library needed."""
