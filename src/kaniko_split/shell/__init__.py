"""What does a job's script say, as statements of the shell?"""
