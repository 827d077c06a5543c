"""Which statements change what a later build sees, in a way that is easily overlooked?"""

from __future__ import annotations

from generator.kinds.kind import Kind

_COUNT = "--build-arg COUNT=$COUNT"
_GENERATED = {"ci/stamp.sh": '#!/bin/sh\necho "stamp" > "$1/stamp.txt"\n'}

KINDS = (
    Kind(
        "arithmetic-writes",
        head=("COUNT=1",),
        between=(
            ("((COUNT+=1))",),
            ("let COUNT=2",),
            ("printf -v COUNT 7",),
            (": $((COUNT+=1))",),
            ("COUNT=$((COUNT+1))",),
            ("read -r COUNT < version.txt",),
            ("declare COUNT=3",),
            ("read -r COUNT <<< 5",),
            ("declare -n ALIAS=COUNT", "ALIAS=9"),
            ("NAME_OF=COUNT", "printf -v $NAME_OF 8"),
            ("eval COUNT=6",),
            ("unset COUNT", "COUNT=${COUNT:-4}"),
        ),
        flag=_COUNT,
        bash=True,
    ),
    Kind(
        "c-style-for",
        head=("COUNT=1",),
        between=(
            ("for ((COUNT=0; COUNT<3; COUNT++)); do echo $COUNT; done",),
            ("for COUNT in 1 2 3; do echo $COUNT; done",),
            ("while [ $COUNT -lt 4 ]; do COUNT=$((COUNT+1)); done",),
        ),
        flag=_COUNT,
        bash=True,
    ),
    Kind(
        "regular-expression-match",
        head=("V=v10.4",),
        between=(("[[ $V =~ ^v([0-9]+) ]]",), ("[[ 7.1 =~ ([0-9]+)[.] ]] && echo $V",)),
        flag="--build-arg MAJOR=${BASH_REMATCH[1]}",
        bash=True,
    ),
    Kind(
        "array",
        head=("LINES=(a b)",),
        between=(("mapfile -t LINES < version.txt",), ("LINES+=(c)", "LINES[0]=d"), ("read -ra LINES <<< 'e f'",)),
        flag="--build-arg FIRST=${LINES[0]}",
        bash=True,
    ),
    Kind(
        "target-by-option",
        between=(
            ("install -t @LAST version.txt",),
            ("install -m 600 version.txt @LAST/v.txt",),
            ("cp -t @LAST version.txt",),
            ("cp --target-directory=@LAST version.txt",),
            ("tee @NEXT/a.txt @LAST/b.txt < version.txt > /dev/null",),
            ("sort -o @LAST/sorted.txt version.txt",),
            ("cp version.txt @LAST",),
            ("mkdir -p @LAST/a/b && cp version.txt @LAST/a/b/",),
            ("echo @LAST/made.txt | xargs touch",),
            ("tar cf - version.txt | tar xf - -C @LAST",),
            ("find @LAST -name '*.txt' -exec cp version.txt {} ';'",),
            ("for d in */; do cp version.txt $d/from-loop.txt; done",),
            ('sed -i "s/^/x/" */*.txt',),
            ("chmod 600 @LAST/Dockerfile",),
            ("find . -name '*.txt' -path './@LAST/*' -delete",),
            ("ln -sf ../version.txt @LAST/link.txt",),
            ("(cd @LAST && cp ../version.txt in-subshell.txt)",),
            ("{ cp version.txt @LAST/braced.txt; }",),
            ("sh ci/stamp.sh @LAST",),
            ("./ci/stamp.sh @LAST",),
            ("D=@LAST", 'echo x > "$D/by-variable.txt"'),
            ("sh -c 'echo x > @LAST/by-text.txt'",),
            ("echo @LAST | while read -r d; do echo x > $d/piped.txt; done",),
        ),
        files=_GENERATED,
        places=True,
    ),
    Kind(
        "symbolic-link",
        head=("ln -s ../@LAST @FIRST/site",),
        between=(("cp version.txt @FIRST/site/x.txt",), ("echo x > @FIRST/site/y.txt",)),
    ),
    Kind(
        "link-before-all",
        head=("ln -s ../@LAST @FIRST/site", "cp version.txt @FIRST/site/x.txt"),
    ),
)
