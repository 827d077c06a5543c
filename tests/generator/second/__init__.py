"""Another author's idea of a pipeline, written from POSIX and from what public pipelines look like.

It shares the way choices are made with the first grammar, and nothing else.
"""
