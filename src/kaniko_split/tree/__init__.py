"""What does a YAML text say, and at which characters does it say each part?"""
