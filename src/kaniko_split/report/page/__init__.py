"""What does a reviewer see in a browser, in one file that needs nothing else?"""

from kaniko_split.report.page.rendering import page

__all__ = ["page"]
