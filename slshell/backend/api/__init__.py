"""The HTTP routes: parse, authorise, answer."""
