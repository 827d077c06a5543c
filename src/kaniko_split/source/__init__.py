"""How do a file's bytes become text, and an edited text bytes again?"""
