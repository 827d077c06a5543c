"""What is kaniko-split? A codemod that gives each Kaniko image of a GitLab pipeline a job of its own."""

__version__ = "0.1.0"
