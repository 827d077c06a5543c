"""Which statements belong together, as each changes how the shell runs the next?"""

from __future__ import annotations

from generator.kinds.kind import Kind

KINDS = (
    Kind(
        "option-window",
        between=(
            ("set +e", "cp @NEXT/optional.conf @NEXT/app.conf", "set -e"),
            ("set +e; cp @NEXT/optional.conf @NEXT/app.conf; set -e",),
            ("set +e", "cp @LAST/optional.conf @LAST/app.conf", "set -e"),
            ("umask 077", "echo secret > @NEXT/.token", "umask 022"),
            ("umask 077", "echo secret > @LAST/.token", "umask 022"),
            ("(umask 077; echo secret > @LAST/.token)",),
            ("set -f", "echo * > @NEXT/stars.txt", "set +f"),
            ("OLD=$IFS", "IFS=,", 'for x in a,b; do echo "$x"; done > @NEXT/words.txt', "IFS=$OLD"),
            ("set +o pipefail", "false | cat > @NEXT/empty.txt", "set -o pipefail"),
            ("set -x", "echo loud", "set +x"),
            ("exec 3> @NEXT/three.txt", "echo x >&3", "exec 3>&-"),
            ("set +u", "echo $NOT_GIVEN > @NEXT/u.txt"),
            ("cd @NEXT", "echo x > here.txt", "cd .."),
            ("pushd @NEXT", "echo x > here.txt", "popd"),
            ("shopt -s nullglob", "echo none* > @NEXT/none.txt", "shopt -u nullglob"),
        ),
        bash=True,
        places=True,
    ),
    Kind(
        "allexport-window",
        head=("set -a; . ./.env; set +a",),
        files={".env": "FOO=foo\nBAR=bar\n"},
        flag="--build-arg FOO",
    ),
    Kind(
        "allexport-window-between",
        between=(("set -a", ". ./.env", "set +a"), ("set -o allexport", ". ./.env", "set +o allexport")),
        files={".env": "FOO=foo\nBAR=bar\n"},
        own_flag="--build-arg FOO=$FOO",
    ),
)
