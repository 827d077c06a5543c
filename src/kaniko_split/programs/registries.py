"""What do programs have in common that speak to a registry?"""

from __future__ import annotations

from kaniko_split.programs.effect import Certainty
from kaniko_split.programs.row import Columns
from kaniko_split.programs.variables import REGISTRY

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
LOOKS = Columns(reads_network=YES, failure=NO, prints=YES, differs=MAYBE, names=REGISTRY)
"""Looks at an image: whoever asks gets another answer after a push."""

JUDGES = Columns(reads_network=YES, failure=YES, prints=YES, differs=MAYBE, names=REGISTRY)
"""Verifies an image: its failure is a verdict."""

CHANGES = Columns(reads_network=YES, acts=YES, failure=MAYBE, differs=MAYBE, names=REGISTRY)
"""Pushes, signs or removes an image."""

LOGS_IN = Columns(logs_in=True, reads_network=YES, failure=NO, names=REGISTRY, reads_input=True, reads_environment=NO)
"""Writes or removes a login."""

CREDENTIALS = (
    "-u,--username:text -p,--password:text --password-stdin --authfile:write --tls-verify? --cert-dir:search "
    "--get-login --compat-auth-file:write -v,--verbose --insecure? --plain-http? --registry-config:write "
    "--identity-token-stdin --identity-token:text"
)
"""The options of `login` and `logout`."""
