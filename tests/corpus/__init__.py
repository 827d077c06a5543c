"""What does kaniko-split do with repositories that no one here wrote?"""
