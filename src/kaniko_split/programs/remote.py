"""What does a program do that asks a server, or has it act?

Its plug-ins, credentials and settings come from files and variables that no word names.
"""

from __future__ import annotations

from kaniko_split.programs.effect import Certainty
from kaniko_split.programs.row import Columns

ASKS = Columns(
    reads_files=True,
    reads_environment=Certainty.YES,
    reads_network=Certainty.YES,
    failure=Certainty.MAYBE,
    differs=Certainty.YES,
    prints=Certainty.YES,
    reads_input=False,
)
"""Asking a server: nothing there changes."""

CHANGES_SERVER = Columns(
    reads_files=True,
    reads_environment=Certainty.YES,
    reads_network=Certainty.YES,
    acts=Certainty.YES,
    failure=Certainty.MAYBE,
    differs=Certainty.YES,
    reads_input=True,
)
"""Having a server act: no file here changes."""

ACTS = Columns(**CHANGES_SERVER, writes_files=True)
"""Having a server act, which may write files here too."""
