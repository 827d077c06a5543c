"""Is the new text the old pipeline with nothing lost and nothing else moved?"""
