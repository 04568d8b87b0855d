"""The only writer of stdout (data) and stderr (narration) on the client side."""
