"""How are findings, diffs and proofs told, to people and to machines?"""
