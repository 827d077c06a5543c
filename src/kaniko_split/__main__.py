"""How is kaniko-split started?"""

from __future__ import annotations

import gc
import os
import signal
import sys

_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def main() -> None:
    """Run the command line; a closed pipe or Ctrl-C ends it without a word."""
    if sys.stdout is None or sys.stderr is None:
        # The caller has closed it: what is opened next must not take its place.
        sys.stdout, sys.stderr = (one or open(os.devnull, "w") for one in (sys.stdout, sys.stderr))  # noqa: PTH123, SIM115
        sys.stderr.write("error: standard output or standard error is closed, so nothing can be said\n")
        sys.exit(2)
    # What is imported and parsed stays; to look for garbage among it every 700 objects is a twentieth of a short run.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    from kaniko_split.cli import main as run

    try:
        run()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"error: the output cannot be written ({(error.strerror or str(error)).lower()})\n")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(2)
        # Python would complain when it flushes the closed stream at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    finally:
        # On its way out Python looks through all objects for garbage: a tenth of a short run, for nothing.
        gc.freeze()


if __name__ == "__main__":
    main()
