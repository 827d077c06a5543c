"""Which images does a Dockerfile begin from or copy from?"""

from __future__ import annotations

import pytest

from kaniko_split.plan.dockerfiles import beside_script, images_of


@pytest.mark.parametrize(
    ("text", "arguments", "images"),
    [
        ("FROM a/b:1\n", {}, ("a/b:1",)),
        ("from a/b:1 as one\nFROM one\nFROM ONE\n", {}, ("a/b:1",)),
        ("# FROM a/b\n\nFROM --platform=$BUILDPLATFORM c/d\n", {}, ("c/d",)),
        ("ARG TAG=1\nFROM a/b:$TAG\n", {}, ("a/b:1",)),
        ("ARG TAG=1\nFROM a/b:$TAG\n", {"TAG": "2"}, ("a/b:2",)),
        ('ARG HOST="r.example.com" NAME\nFROM ${HOST}/${NAME:-base}\n', {}, ("r.example.com/base",)),
        ("ARG HOST=r\nARG IMAGE=$HOST/base\nFROM $IMAGE\n", {"HOST": "$CI_REGISTRY"}, ("$CI_REGISTRY/base",)),
        ("ARG X\nFROM a${X:+-slim}\n", {"X": "1"}, ("a-slim",)),
        ("FROM $NOWHERE\n", {}, ("$NOWHERE",)),
        ("FROM scratch\nCOPY --from=a/b /x /y\nCOPY --from=0 /x /y\n", {}, ("scratch", "a/b")),
        ("FROM a\nCOPY \\\n  # in between\n  --from=b/c \\\n  /x /y\n", {}, ("a", "b/c")),
        ("FROM a\nRUN --mount=type=bind,from=b/c,target=/t true\n", {}, ("a", "b/c")),
        ("# escape=`\nFROM `\n a/b\n", {}, ("a/b",)),
        ("FROM a\r\nCOPY --from=b /x /y\r\n", {}, ("a", "b")),
        ("", {}, ()),
        ("FROM\n", {}, ()),
    ],
)
def test_images_of(text: str, arguments: dict[str, str], images: tuple[str, ...]) -> None:
    assert images_of(text, arguments) == images


def test_an_argument_that_names_itself_ends() -> None:
    assert images_of("ARG X=$X\nFROM ${X:-${X:-a}}\n", {}) != ()


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("$HERE/Dockerfile", 'HERE=$(cd -- "$(dirname -- "$0")" && pwd)\n', "$CI_PROJECT_DIR/ci/Dockerfile"),
        (
            "$HERE/Dockerfile",
            'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" >/dev/null 2>&1 && pwd -P)"\n',
            "$CI_PROJECT_DIR/ci/Dockerfile",
        ),
        ("$HERE/Dockerfile", "export HERE=$(dirname $(readlink -f $0))/..\n", "$CI_PROJECT_DIR/Dockerfile"),
        ('$(dirname "$0")/Dockerfile', "", "$CI_PROJECT_DIR/ci/Dockerfile"),
        ("${0%/*}/Dockerfile", "", "$CI_PROJECT_DIR/ci/Dockerfile"),
        ("$HERE/Dockerfile", "HERE=$(dirname $0)\nHERE=$1\n", "$HERE/Dockerfile"),
        ("$HERE/Dockerfile", "HERE=$(dirname $1)\n", "$HERE/Dockerfile"),
        ("web/Dockerfile", "", "web/Dockerfile"),
    ],
)
def test_a_path_beside_the_script_that_uses_it(path: str, text: str, wanted: str) -> None:
    assert beside_script(path, "ci/build.sh", lambda name: text if name == "ci/build.sh" else None) == wanted


def test_a_path_in_a_job_is_beside_no_script() -> None:
    assert beside_script("$HERE/Dockerfile", "", lambda _: "HERE=$(dirname $0)\n") == "$HERE/Dockerfile"
