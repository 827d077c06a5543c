"""What does a script do when it runs, on each of its paths?"""
