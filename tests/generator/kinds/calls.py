"""In which ways is the executor called, other than by its path?"""

from __future__ import annotations

from generator.kinds.kind import Kind

KINDS = (
    Kind(
        "in-a-text",
        around=(
            ("sh -c '@BUILD'",),
            ("bash -c '@BUILD'",),
            ("eval '@BUILD'",),
            ("su -c '@BUILD'",),
            ("script -q -e -c '@BUILD' /dev/null",),
            ("env LEVEL=high sh -c '@BUILD'",),
            ("env -u LEVEL sh -c '@BUILD'",),
            ("sh <<'END'\n@BUILD\nEND",),
            ("echo '@BUILD' | sh",),
            ("timeout 1h sh -c '@BUILD'",),
        ),
    ),
    Kind(
        "all-in-a-text",
        body=(
            ("echo @NAMES | xargs -n1 sh -c 'name=$0; @BUILD'",),
            ("printf '%s\\n' @NAMES | while read -r name; do\n  @BUILD\ndone",),
            ("find @NAMES -maxdepth 0 -exec sh -c 'name=$1; @BUILD' sh {} ';'",),
        ),
    ),
    Kind(
        "recursion",
        body=(('b() {\n  [ $# -eq 0 ] && return\n  name=$1\n  @BUILD\n  shift\n  b "$@"\n}', "b @NAMES"),),
    ),
    Kind(
        "words-from-set",
        body=(
            ("set -- @NAMES", "for name; do\n  @BUILD\ndone"),
            ("set -- @NAMES", 'for name in "$@"; do\n  @BUILD\ndone'),
            ("set -- @NAMES", "while [ $# -gt 0 ]; do\n  name=$1\n  @BUILD\n  shift\ndone"),
        ),
    ),
    Kind(
        "list-by-pattern",
        body=(("LIST=$(echo @NAMES)", "for name in ${LIST// / }; do\n  @BUILD\ndone"),),
        bash=True,
    ),
    Kind("alias", head=("alias k=/kaniko/executor", "shopt -s expand_aliases || true"), bash=True),
    Kind("last-in-after-script"),
    Kind("and-across-items"),
    Kind(
        "deep-calls",
        body=(
            (
                "f0() {\n  @BUILD\n}",
                'f1() {\n  name=$1\n  f0\n}\nf2() {\n  f1 "$1"\n}\nf3() {\n  f2 "$1"\n}\nf4() {\n  f3 "$1"\n}',
                'f5() {\n  f4 "$1"\n}\nf6() {\n  f5 "$1"\n}',
                "for i in @NAMES; do\n  f6 $i\ndone",
            ),
        ),
    ),
)
