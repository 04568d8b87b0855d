"""The REPL: a line that one types into, in a capable terminal, a plain one, or none at all."""
