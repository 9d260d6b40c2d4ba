"""From a tree and what is known to a frozen plan. Pure: the same inputs give the same plan."""
