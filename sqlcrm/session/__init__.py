"""The life of a statement and of a session; wires all rooms together."""
