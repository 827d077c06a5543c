"""Is a split what it claims to be, in the eyes of programs that we did not write?"""
