"""What pipeline does GitLab make of these files?"""
