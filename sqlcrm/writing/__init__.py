"""Operations become journaled calls, each with one outcome: planned, guarded, sent, settled."""
