"""The rules of a cloud: what may and must happen."""
