"""What is to become of a job that builds several images?"""
