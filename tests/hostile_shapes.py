"""Which scripts are long, deep or endless enough to hang a program that reads them carelessly?

Each shape takes a size and gives the files of a repository. Its job `images` makes at least two builds, so nothing but
a finding is right. The benchmark runs them at full size, the test at a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent

Files = Mapping[str, str]

_JOB = """\
images:
  stage: build
  image:
    name: gcr.io/kaniko-project/executor:debug
    entrypoint: [""]
  script:
"""


@dataclass(frozen=True, slots=True)
class HostileShape:
    """A script that is hostile by its size.

    Attributes:
        name: What it is.
        full: The size at which it has to be done within the bounds.
        small: The size at which a test runs it.
        files: Gives the repository's files by name, for a size.
    """

    name: str
    full: int
    small: int
    files: Callable[[int], Files]


def build(name: str) -> str:
    """Return a call of the executor for the image `name`."""
    return f"/kaniko/executor --context {name} --destination $CI_REGISTRY_IMAGE/{name}"


def pipeline(*items: str) -> str:
    """Return a pipeline with one job that runs `items`, each a block scalar."""
    return _JOB + "".join(f"    - |\n{indent(item.rstrip(), '      ')}\n" for item in items)


def _around(*lines: str) -> Files:
    """Return a pipeline in which `lines` run between two builds, as one item."""
    return {".gitlab-ci.yml": pipeline("\n".join((build("a"), *lines, build("b"))))}


def _items_around(*lines: str) -> Files:
    """Return a pipeline in which `lines` run between two builds, an item each."""
    return {".gitlab-ci.yml": _JOB + "".join(f"    - {line}\n" for line in (build("a"), *lines, build("b")))}


def _numbered(line: str, size: int) -> tuple[str, ...]:
    return tuple(line.replace("%", str(number)) for number in range(1, size + 1))


def _in_loops(head: str, body: str, depth: int = 3) -> str:
    """Return loops in one another around `body`; `%` in the head is the number of the loop."""
    heads = [f"{head.replace('%', str(number))}; do" for number in range(depth)]
    return "\n".join((*heads, body, *["done"] * depth))


def _calls(size: int, twice: str) -> str:
    """Return functions of which each calls the next one, the last one builds."""
    body = [f"f{number}() {{ {twice.replace('%', f'f{number + 1}')}; }}" for number in range(size)]
    return "\n".join((f"f{size}() {{ {build('c')}; }}", *reversed(body), "f0"))


def _sourcing(size: int, command: str) -> Files:
    """Return scripts of which each runs the next one twice, and the last one the first."""
    scripts = {
        f"ci/s{number}.sh": f"{command} ci/s{(number + 1) % size}.sh\n{command} ci/s{(number + 1) % size}.sh\n"
        for number in range(size)
    }
    return {**_around(f"{command} ci/s0.sh"), **scripts}


def _nested(before: str, inside: str, behind: str, size: int) -> Files:
    return _around(before * size + inside + behind * size)


def _mixed(size: int) -> str:
    """Return functions in loops in conditions, each inside the last one."""
    text = build("c")
    for number in range(size):
        match number % 3:
            case 0:
                text = f"g{number}() {{\n{text}\n}}\ng{number}"
            case 1:
                text = f"for x{number} in 1 2; do\n{text}\ndone"
            case _:
                text = f'if [ -n "$Y{number}" ]; then\n{text}\nfi'
    return text


def _known_lists(size: int) -> Files:
    words = " ".join(map(str, range(1, size + 1)))
    return _around(_in_loops(f"for v% in {words}", build("$v0-$v1-$v2")))


SHAPES: tuple[HostileShape, ...] = (
    HostileShape("lines: export in one item", 10_000, 200, lambda n: _around(*_numbered("export A%=%", n))),
    HostileShape("lines: export, an item each", 10_000, 200, lambda n: _items_around(*_numbered("export A%=%", n))),
    HostileShape("lines: assignments that read the last", 10_000, 200, lambda n: _around(*_numbered("A%=$A1.x", n))),
    HostileShape("lines: cp in one item", 10_000, 200, lambda n: _around(*_numbered("cp a% b%", n))),
    HostileShape("lines: cp, an item each", 10_000, 200, lambda n: _items_around(*_numbered("cp a% b%", n))),
    HostileShape("lines: cp of patterns", 10_000, 200, lambda n: _around(*_numbered("cp a$X%*.c b$X%", n))),
    HostileShape("lines: an unknown program", 10_000, 200, lambda n: _around(*_numbered("frobnicate % > o%", n))),
    HostileShape("lines: echo to one file", 10_000, 200, lambda n: _around(*_numbered("echo % >> log", n))),
    HostileShape("lines: links", 10_000, 200, lambda n: _around(*_numbered("ln -s a% b%", n))),
    HostileShape("lines: functions", 10_000, 200, lambda n: _around(*_numbered("f%() { echo %; }", n))),
    HostileShape("lines: conditions", 2_500, 100, lambda n: _around(*_numbered('if [ "$X%" = a ]; then Y%=1; fi', n))),
    HostileShape(
        "lines: conditions that repeat", 2_500, 100, lambda n: _around(*_numbered('if [ "$X" = a ]; then Y=%; fi', n))
    ),
    HostileShape("lines: guards", 5_000, 100, lambda n: _around(*_numbered("[ -f a% ] && cp a% b% || true", n))),
    HostileShape("builds: items", 800, 20, lambda n: _items_around(*map(build, _numbered("i%", n - 2)))),
    HostileShape("builds: lines of one item", 800, 20, lambda n: _around(*map(build, _numbered("i%", n - 2)))),
    HostileShape(
        "builds: each after a cp", 400, 20, lambda n: _items_around(*_numbered(f"cp d% Dockerfile && {build('i%')}", n))
    ),
    HostileShape(
        "builds: each behind a gate", 400, 20, lambda n: _items_around(*_numbered(f"make test-% && {build('i%')}", n))
    ),
    HostileShape("builds: a chain", 800, 20, lambda n: _around(" && ".join(map(build, _numbered("i%", n))))),
    HostileShape(
        "builds: a loop over a list",
        800,
        20,
        lambda n: _around(f"for x in {' '.join(_numbered('i%', n))}; do", build("$x"), "done"),
    ),
    HostileShape("loops: lists written out", 100, 4, _known_lists),
    HostileShape("loops: seq", 100, 4, lambda n: _around(_in_loops(f"for v% in $(seq 1 {n})", build("$v0-$v1-$v2")))),
    HostileShape("loops: braces", 100, 4, lambda n: _around(_in_loops(f"for v% in {{1..{n}}}", build("$v0-$v1-$v2")))),
    HostileShape(
        "loops: braces of 10^9", 10**9, 10**9, lambda n: _around(f"for v in {{1..{n}}}; do {build('$v')}; done")
    ),
    HostileShape("loops: depth", 500, 12, lambda n: _around(_in_loops("for v% in 1 2", build("$v0"), n))),
    HostileShape("loops: while in while", 30, 12, lambda n: _around(_in_loops("while next v%", build("c"), n))),
    HostileShape("values: A=$A$A", 40, 30, lambda n: _around("A=x", *["A=$A$A"] * n, "cp $A b")),
    HostileShape('values: A="$A$A"', 40, 30, lambda n: _around("A=x", *['A="$A$A"'] * n, 'cp "$A" b')),
    HostileShape("values: A+=$A", 40, 30, lambda n: _around("A=x", *["A+=$A"] * n, "cp $A b")),
    HostileShape(
        "values: arrays", 40, 24, lambda n: _around("A=(x)", *['A=("${A[@]}" "${A[@]}")'] * n, 'cp "${A[@]}" b')
    ),
    HostileShape(
        "values: arrays appended", 40, 24, lambda n: _around("A=(x)", *['A+=("${A[@]}")'] * n, 'cp "${A[@]}" b')
    ),
    HostileShape("values: ${A//x/$A}", 40, 30, lambda n: _around("A=xx", *["A=${A//x/$A}"] * n, "cp $A b")),
    HostileShape(
        "values: IFS", 40, 24, lambda n: _around("IFS=x", "A=axa", *["A=$A$A"] * n, "for w in $A; do cp $w b; done")
    ),
    HostileShape("values: set -- $@ $@", 40, 24, lambda n: _around("set -- x", *['set -- "$@" "$@"'] * n, 'cp "$@" b')),
    HostileShape("values: unknown", 40, 24, lambda n: _around("A=$(cat v)", *["A=$A$A"] * n, "cp $A b")),
    HostileShape(
        "values: in terms of each other",
        40,
        24,
        lambda n: _around("A0=$U", *[f"A{i + 1}=$A{i}$A{i}" for i in range(n)], f"cp $A{n} b"),
    ),
    HostileShape(
        "values: an alias of itself",
        40,
        24,
        lambda n: _around("alias a0='echo x'", *[f"alias a{i + 1}='a{i} a{i}'" for i in range(n)], f"a{n}"),
    ),
    HostileShape("values: eval", 40, 24, lambda n: _around("A=echo", *['A="$A; $A"'] * n, 'eval "$A"')),
    HostileShape(
        "values: choices",
        400,
        24,
        lambda n: _around(*_numbered("if test -f a%; then A=$A%; else A=%$A; fi", n), "cp $A b"),
    ),
    HostileShape("calls: seven deep", 7, 7, lambda n: _around(_calls(n, "%"))),
    HostileShape("calls: seventy deep", 70, 70, lambda n: _around(_calls(n, "%"))),
    HostileShape("calls: each calls the next one twice", 40, 9, lambda n: _around(_calls(n, "%; %"))),
    HostileShape("calls: twice, other words", 40, 9, lambda n: _around(_calls(n, '% "$1"a; % "$1"b'))),
    HostileShape("calls: twice, of conditions", 40, 9, lambda n: _around(_calls(n, "if %; then %; fi"))),
    HostileShape("calls: twice, in substitutions", 40, 9, lambda n: _around(_calls(n, 'A="$(%)" B="$(%)"'))),
    HostileShape("calls: itself", 1, 1, lambda _: _around(f"f() {{ {build('c')}; f; f; }}", "f")),
    HostileShape(
        "calls: one another",
        12,
        4,
        lambda n: _around(
            *[f"f{i}() {{ {'; '.join(f'f{j}' for j in range(n))}; {build('c')}; }}" for i in range(n)], "f0"
        ),
    ),
    HostileShape("calls: scripts source each other", 12, 4, lambda n: _sourcing(n, ".")),
    HostileShape("calls: scripts run each other", 12, 4, lambda n: _sourcing(n, "sh")),
    HostileShape("calls: scripts source each other twice", 60, 5, lambda n: _sourcing(n, ".")),
    HostileShape("calls: sh -c in sh -c", 12, 4, lambda n: _around("sh -c " * n + "true")),
    HostileShape("depth: parentheses", 5_000, 100, lambda n: _nested("( ", "echo x", " )", n)),
    HostileShape("depth: parentheses, a build in them", 5_000, 100, lambda n: _nested("( ", build("c"), " )", n)),
    HostileShape("depth: braces", 5_000, 100, lambda n: _nested("{ ", "echo x", "; }", n)),
    HostileShape("depth: substitutions", 5_000, 100, lambda n: _nested("echo $(", "echo x", ")", n)),
    HostileShape("depth: substitutions in quotes", 5_000, 100, lambda n: _nested('echo "$(', "echo x", ')"', n)),
    HostileShape(
        "depth: arithmetic",
        5_000,
        100,
        lambda n: (
            _nested("echo $((" + "(", "1", ")" + "))", 1)
            if n < 2
            else _around("echo $((" + "(" * n + "1" + ")" * n + "))")
        ),
    ),
    HostileShape("depth: if", 5_000, 100, lambda n: _nested("if a; then\n", "echo x\n", "fi\n", n)),
    HostileShape(
        "depth: if in conditions", 5_000, 100, lambda n: _nested("if ", "a; then b; fi\n", "; then b; fi\n", n)
    ),
    HostileShape("depth: case", 2_000, 100, lambda n: _nested("case $x in a)\n", "echo x\n", ";; esac\n", n)),
    HostileShape("depth: while", 2_000, 20, lambda n: _nested("while a; do\n", "echo x\n", "done\n", n)),
    HostileShape(
        "depth: ${A:-${A:-}}", 5_000, 100, lambda n: _nested("", "echo " + "${A:-" * n + "x" + "}" * n, "", 1)
    ),
    HostileShape("depth: functions in functions", 2_000, 50, lambda n: _nested("f() {\n", "echo x\n", "}\n", n)),
    HostileShape("depth: mixed", 60, 12, lambda n: _around(_mixed(n))),
    HostileShape("depth: mixed, deeper", 1_000, 60, lambda n: _around(_mixed(n))),
    HostileShape("chain: && of 900", 900, 100, lambda n: _around(" && ".join(_numbered("cp a% b%", n)))),
    HostileShape("chain: && of 5,000", 5_000, 100, lambda n: _around(" && ".join(_numbered("cp a% b%", n)))),
    HostileShape("chain: || of 900", 900, 100, lambda n: _around(" || ".join(_numbered("test -f a%", n)))),
    HostileShape("chain: pipes of 900", 900, 100, lambda n: _around(" | ".join(_numbered("sed s/%//", n)))),
    HostileShape(
        "branches: elif", 160, 30, lambda n: _around("if a; then b", *_numbered('elif [ "$X" = % ]; then Y=%', n), "fi")
    ),
    HostileShape(
        "branches: elif, a build in each",
        160,
        30,
        lambda n: _around("if false; then b", *_numbered(f'elif [ "$X" = % ]; then {build("c%")}', n), "fi"),
    ),
    HostileShape(
        "branches: elif of 2,000",
        2_000,
        100,
        lambda n: _around("if a; then b", *_numbered('elif [ "$X" = % ]; then Y=%', n), "fi"),
    ),
    HostileShape("branches: case", 2_000, 100, lambda n: _around('case "$X" in', *_numbered("v%) Y=% ;;", n), "esac")),
    HostileShape(
        "branches: case, a build in each",
        2_000,
        40,
        lambda n: _around('case "$X" in', *_numbered(f"v%) {build('c%')} ;;", n), "esac"),
    ),
    HostileShape(
        "branches: case that falls through",
        2_000,
        40,
        lambda n: _around('case "$X" in', *_numbered("v%) cp a% b% ;&", n), "esac"),
    ),
    HostileShape(
        "text: a here-document",
        1_000,
        100,
        lambda n: _around("cat > f <<EOF", *_numbered("line % of $X", n), "EOF", "cp f g"),
    ),
    HostileShape(
        "text: here-documents", 1_000, 50, lambda n: _around(*_numbered("cat > f% <<EOF\nline % of $X\nEOF", n))
    ),
    HostileShape("text: comments", 5_000, 200, lambda n: _around(*_numbered("# comment %", n))),
    HostileShape("text: comments and commands", 5_000, 200, lambda n: _around(*_numbered("# comment %\ncp a% b%", n))),
    HostileShape("text: a long word", 100_000, 1_000, lambda n: _around("echo " + "x" * n)),
    HostileShape("text: many words", 20_000, 500, lambda n: _around("echo " + "x$A " * n)),
    HostileShape("text: many words of cp", 5_000, 200, lambda n: _around("cp " + " ".join(_numbered("a%", n)) + " d/")),
)
