"""What does each command do with the pipelines that it is given?"""
