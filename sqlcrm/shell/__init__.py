"""The command line, the plain shell, printing, the demo."""
