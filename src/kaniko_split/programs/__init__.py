"""What does each program do with its words?"""
