"""What a person types and sees: the command line, printing, the line-editing shell, the demo."""
