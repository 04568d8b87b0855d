"""The resources of a cloud and its errors: the one thing both sides of the HTTP border import."""
