"""Which edits of the text carry a split out?"""
