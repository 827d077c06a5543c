"""How are the pages of the documentation built? `make docs` runs Sphinx with this file."""

project = "kaniko-split"
copyright = "the kaniko-split maintainers"  # noqa: A001 (Sphinx's name for it)
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["pictures"]
html_theme = "furo"
html_title = "kaniko-split"
html_extra_path = ["plan.schema.json", "report.schema.json"]
myst_heading_anchors = 3
# A job's text in the docs need not be whole YAML.
suppress_warnings = ["misc.highlighting_failure", "myst.xref_missing"]
