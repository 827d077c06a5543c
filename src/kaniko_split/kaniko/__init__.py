"""What does one executor command line build, push, cache and write?"""
