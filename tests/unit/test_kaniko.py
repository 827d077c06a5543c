"""Is an executor command line read as the executor reads it?"""

from __future__ import annotations

import subprocess
import sys

import pytest

from kaniko_split.kaniko.command import Argument, Build, NotABuild, is_executor, read_command, with_environment
from kaniko_split.kaniko.expansion import units
from kaniko_split.kaniko.flags import (
    BOOLEAN_FLAGS,
    BOOLEAN_VALUES,
    OUTPUT_FLAGS,
    RENAMED_FLAGS,
    SHORTHANDS,
    VALUE_FLAGS,
)
from kaniko_split.kaniko.image import (
    image_name,
    image_path,
    image_registry,
    image_tag,
    same_image,
    same_repository,
)
from kaniko_split.kaniko.overlap import may_be_image
from kaniko_split.kaniko.registries import pulled_as


def known(*texts: str) -> tuple[Argument, ...]:
    return tuple(Argument(text, exact=True) for text in texts)


def unknown(text: str, *, splits: bool = False) -> Argument:
    return Argument(text, exact=False, splits=splits)


def build(*arguments: str | Argument) -> Build:
    result = read_command(tuple(known(word)[0] if isinstance(word, str) else word for word in arguments))
    assert isinstance(result, Build)
    return result


def not_a_build(*texts: str) -> NotABuild:
    result = read_command(known(*texts))
    assert isinstance(result, NotABuild)
    return result


# The command word


@pytest.mark.parametrize(
    "word",
    [
        "/kaniko/executor",
        "executor",
        "/opt/kaniko/executor",
        "./kaniko/executor",
        "kaniko/executor",
        "kaniko/bin/executor",
        "//kaniko//executor",
        "/kaniko/./executor",
        "../kaniko/executor",
        "/usr/bin/executor",
        "/usr/local/bin/executor",
        "/kaniko/../bin/executor",
        "/kaniko2/executor",
        "/kaniko*/executor",
        "$KANIKO_DIR/executor",
        "${KANIKO_DIR}/executor",
    ],
)
def test_runs_the_executor(word: str) -> None:
    assert is_executor(word)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "./executor",
        "/srv/app/executor",
        "/kaniko/warmer",
        "/kaniko/executor-debug",
        "/kaniko/executor/run",
        "/my-kaniko/executor",
        "kaniko",
        "$KANIKO/executor",
        "/kaniko/Executor",
    ],
)
def test_runs_something_else(word: str) -> None:
    assert not is_executor(word)


def test_runs_what_the_user_calls_an_executor() -> None:
    assert is_executor("/usr/bin/build-image", extra=["/usr/bin/build-image"])
    assert not is_executor("build-image", extra=["/usr/bin/build-image"])


# Every flag


def test_no_flag_is_both() -> None:
    assert not BOOLEAN_FLAGS & VALUE_FLAGS
    assert set(RENAMED_FLAGS.values()) <= BOOLEAN_FLAGS | VALUE_FLAGS
    assert set(SHORTHANDS.values()) <= BOOLEAN_FLAGS | VALUE_FLAGS
    assert not set(RENAMED_FLAGS) & (BOOLEAN_FLAGS | VALUE_FLAGS)
    assert OUTPUT_FLAGS <= VALUE_FLAGS


NOT_BUILDING = {"help", "dryrun"}


@pytest.mark.parametrize("name", sorted(BOOLEAN_FLAGS - NOT_BUILDING))
def test_boolean_flag(name: str) -> None:
    assert build(f"--{name}", "--target", "x").flags == ((name, None), ("target", "x"))
    assert build(f"--{name}=false").flags == ((name, "false"),)
    stray = build(f"--{name}", "true")
    assert stray.flags == ((name, None),)
    assert stray.stray == ("true",)
    assert stray.rejected


@pytest.mark.parametrize("name", sorted(VALUE_FLAGS))
@pytest.mark.parametrize("value", ["x", "a=b", "", "--cache", "-", "--", "a b"])
def test_value_flag(name: str, value: str) -> None:
    for line in ([f"--{name}={value}"], [f"--{name}", value]):
        result = build(*line)
        assert result.flags == ((name, value),)
        assert not result.rejected


@pytest.mark.parametrize("name", sorted(VALUE_FLAGS))
def test_value_is_missing(name: str) -> None:
    result = build("--cache", f"--{name}")
    assert result.invalid == ((name, None),)
    assert result.rejected


@pytest.mark.parametrize(("spelled", "name"), sorted(RENAMED_FLAGS.items()))
def test_deprecated_spelling(spelled: str, name: str) -> None:
    assert build(f"--{spelled}=true").flags == ((name, "true"),)


@pytest.mark.parametrize(("letter", "name"), sorted(SHORTHANDS.items() - {("h", "help")}))
@pytest.mark.parametrize("value", ["x", "a=b", "path/to"])
def test_shorthand(letter: str, name: str, value: str) -> None:
    for line in ([f"-{letter}{value}"], [f"-{letter}={value}"], [f"-{letter}", value]):
        assert build(*line).flags == ((name, value),)


def test_shorthand_with_nothing_behind_the_equals_sign() -> None:
    assert build("-c=").context == "="


def test_shorthand_without_a_value() -> None:
    assert build("-d").invalid == (("destination", None),)


@pytest.mark.parametrize(
    ("word", "flags"),
    [
        ("-destination=x", (("destination", "estination=x"),)),
        ("-cache", (("context", "ache"),)),
        ("-verbosity", (("verbosity", "erbosity"),)),
    ],
)
def test_single_dash_begins_shorthands(word: str, flags: tuple[tuple[str, str | None], ...]) -> None:
    assert build(word).flags == flags


@pytest.mark.parametrize("word", ["-no-push", "-t", "-x=1", "-$"])
def test_unknown_shorthand(word: str) -> None:
    result = build(word)
    assert result.unknown == (word.partition("=")[0],)
    assert result.rejected


# Values


def test_reads_everything() -> None:
    assert build(
        "--context=api",
        "--context-sub-path",
        "sub",
        "-f",
        "api/Dockerfile",
        "--destination=r.io/g/api:1",
        "-d",
        "r.io/g/api:latest",
        "--target=runtime",
        "--build-arg=A=1",
        "--build-arg",
        "B",
        "--cache=true",
        "--cache-repo=r.io/g/cache",
        "--cleanup",
        "--no-push=false",
        "--digest-file=api.digest",
        "--kaniko-dir=/k",
        "--label=a=b",
    ) == Build(
        destinations=("r.io/g/api:1", "r.io/g/api:latest"),
        context="api",
        context_sub_path="sub",
        dockerfile="api/Dockerfile",
        targets=("runtime",),
        build_arguments=("A=1", "B"),
        cache=True,
        cache_repository="r.io/g/cache",
        cleanup=True,
        no_push=False,
        written=("api.digest",),
        kaniko_dir="/k",
        flags=(
            ("context", "api"),
            ("context-sub-path", "sub"),
            ("dockerfile", "api/Dockerfile"),
            ("destination", "r.io/g/api:1"),
            ("destination", "r.io/g/api:latest"),
            ("target", "runtime"),
            ("build-arg", "A=1"),
            ("build-arg", "B"),
            ("cache", "true"),
            ("cache-repo", "r.io/g/cache"),
            ("cleanup", None),
            ("no-push", "false"),
            ("digest-file", "api.digest"),
            ("kaniko-dir", "/k"),
            ("label", "a=b"),
        ),
    )


def test_nothing_given() -> None:
    assert build() == Build()
    assert Build().target is None
    assert not Build().rejected


def test_last_value_counts() -> None:
    result = build("-c=a", "--context=b", "--target=x", "--target=y", "--cache", "--cache=false")
    assert (result.context, result.target, result.cache) == ("b", "y", False)
    assert result.targets == ("x", "y")


@pytest.mark.parametrize(("value", "meaning"), sorted(BOOLEAN_VALUES.items()))
@pytest.mark.parametrize("name", ["cache", "cleanup", "no-push"])
def test_boolean_values(name: str, value: str, *, meaning: bool) -> None:
    result = build(f"--{name}={value}")
    assert getattr(result, name.replace("-", "_")) is meaning
    assert not result.invalid


@pytest.mark.parametrize("value", ["", "yes", "on", "tRUE", "2", " true"])
def test_rejected_boolean_values(value: str) -> None:
    result = build(f"--cache={value}")
    assert result.cache is None
    assert result.invalid == (("cache", value),)
    assert result.rejected


def test_boolean_takes_no_next_word() -> None:
    result = build("--cache", "true", "--destination", "x")
    assert (result.cache, result.stray, result.destinations) == (True, ("true",), ("x",))
    assert result.rejected


def test_value_flag_takes_a_flag_as_its_value() -> None:
    result = build("--digest-file", "--cache=true")
    assert (result.written, result.cache) == (("--cache=true",), False)


def test_build_arguments_from_the_environment() -> None:
    assert build("--build-arg=A", "--build-arg=B=", "--build-arg=C=1").inherited_build_arguments == ("A",)


@pytest.mark.parametrize("name", sorted(OUTPUT_FLAGS))
def test_written(name: str) -> None:
    assert build(f"--{name}=out/a").written == ("out/a",)
    assert build(f"--{name}", "a", f"--{name}", "b").written == ("b",)
    assert build(f"--{name}=").written == ()


def test_written_under_both_spellings() -> None:
    assert build("--tar-path=a.tar", "--digest-file=d", "--tarPath=b.tar").written == ("d", "b.tar")


def test_written_twice_under_the_same_name() -> None:
    assert build("--tar-path=a", "--tar-path=a").written == ("a",)


def test_local_cache_is_not_among_the_written_files() -> None:
    result = build("--cache", "--cache-repo=oci:/cache")
    assert (result.cache_repository, result.written) == ("oci:/cache", ())


# Words that belong to no flag


def test_double_dash_ends_the_flags() -> None:
    result = build("--cache", "--", "--cleanup", "x", unknown("$MORE", splits=True))
    assert (result.cache, result.cleanup) == (True, False)
    assert result.ignored == ("--cleanup", "x", "$MORE")
    assert not result.rejected
    assert not result.opaque


def test_empty_words_are_passed_over() -> None:
    result = build("", "--cache", "-", "")
    assert result.ignored == ("", "-", "")
    assert not result.rejected


@pytest.mark.parametrize(
    ("line", "unknown_flags", "unclear"),
    [
        (["--frob=1", "--cache"], ("--frob",), ()),
        (["--frob", "--cache"], ("--frob",), ()),
        (["--frob", "1", "--cache"], ("--frob",), ("1",)),
        (["-x", "1", "--cache"], ("-x",), ("1",)),
        (["-xy", "--cache"], ("-xy",), ()),
        (["--version", "--cache"], ("--version",), ()),
        (["--Cache", "--cache"], ("--Cache",), ()),
        (["---cache", "--cache"], ("---cache",), ()),
        (["--=x", "--cache"], ("--",), ()),
        (["--build_arg=x", "--cache"], ("--build_arg",), ()),
    ],
)
def test_unknown_flags(line: list[str], unknown_flags: tuple[str, ...], unclear: tuple[str, ...]) -> None:
    result = build(*line)
    assert (result.unknown, result.unclear, result.stray) == (unknown_flags, unclear, ())
    assert result.cache is True
    assert result.rejected


def test_unknown_flag_before_words_that_may_be_flags() -> None:
    result = build("--frob", unknown("$X"), "--cache")
    assert (result.unknown, result.unclear, result.opaque) == (("--frob",), ("$X",), True)


# Words that are not known


def test_unknown_value_keeps_its_spelling() -> None:
    result = build(unknown("--destination=$CI_REGISTRY_IMAGE/api:$TAG"), "--context", unknown("$DIR"), unknown("-f$F"))
    assert result.destinations == ("$CI_REGISTRY_IMAGE/api:$TAG",)
    assert (result.context, result.dockerfile) == ("$DIR", "$F")
    assert not result.opaque
    assert result.unclear == ()


@pytest.mark.parametrize("value", ["$CACHE", "${CACHE:-true}", "$(cat cache)", "`cat cache`"])
def test_unknown_boolean(value: str) -> None:
    result = build(unknown(f"--cache={value}"))
    assert result.cache is None
    assert result.invalid == ()
    assert not result.opaque


@pytest.mark.parametrize(
    "word",
    [
        unknown("$DESTINATIONS", splits=True),
        unknown("$@", splits=True),
        unknown("$FLAG"),
        unknown("${CACHE:+--cache}"),
        unknown("$(flags)", splits=True),
        unknown("`flags`", splits=True),
        unknown("$[[ inputs.flags ]]"),
        unknown("--$NAME=x"),
        unknown("--build-arg$X"),
        unknown("-$LETTERS"),
        unknown(""),
    ],
    ids=lambda word: word.text,
)
def test_word_that_may_hold_any_flags(word: Argument) -> None:
    result = build(word, "--target=x")
    assert result.opaque
    assert result.unclear == (word.text,)
    assert (result.cache, result.cleanup, result.no_push) == (None, None, None)
    assert result.target == "x"
    assert not result.rejected


def test_word_that_may_hold_any_flags_beats_only_what_stands_before() -> None:
    more = unknown("$MORE", splits=True)
    assert build(more, "--cache=false").cache is False
    assert build("--cache=true", more).cache is None


def test_unquoted_value_is_read_as_one_word() -> None:
    result = build("--destination", unknown("$IMAGE", splits=True), unknown("--context=$D", splits=True), "--cache")
    assert (result.destinations, result.context, result.cache) == (("$IMAGE",), "$D", True)
    assert result.assumed_whole == ("destination", "context")
    assert not result.opaque


def test_known_text_that_the_shell_splits() -> None:
    result = build("--cleanup", Argument(" --cache=true  --target x ", exact=True, splits=True))
    assert (result.cache, result.target, result.assumed_whole) == (True, "x", ())
    assert build(Argument("  ", exact=True, splits=True)) == Build()


def test_quoted_dollar_is_no_expansion() -> None:
    assert build("$X").stray == ("$X",)


# Runs that build nothing


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["version"], "version"),
        (["--verbosity", "debug", "version"], "version"),
        (["--no-push", "version"], "version"),
        (["version", "--frob"], "version"),
        (["help"], "help"),
        (["help", "version"], "help"),
        (["--help"], "help"),
        (["--help=true"], "help"),
        (["-h"], "help"),
        (["-hv", "debug"], "help"),
        (["--destination=x", "-h"], "help"),
        (["--frob", "--help"], "help"),
        (["completion", "bash"], "completion"),
        (["__complete", ""], "completion"),
        (["--dryrun", "--destination=x"], "dryrun"),
        (["bake", "bake.json", "--dryrun"], "dryrun"),
    ],
)
def test_builds_nothing(line: list[str], why: str) -> None:
    assert not_a_build(*line) == NotABuild(why)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        ["--help=false"],
        ["--dryrun=false"],
        ["--destination", "version"],
        ["-d", "help"],
        ["--target=version"],
        ["--", "version"],
        ["Version"],
        ["warmer"],
    ],
)
def test_builds_all_the_same(line: list[str]) -> None:
    build(*line)


def test_login() -> None:
    assert not_a_build("login", "r.io", "--username=u", "--password-stdin") == NotABuild("login", ("r.io",))


def test_push() -> None:
    assert not_a_build("push", "image.tar", "-d", "r.io/a:1", "--digest-file=d") == NotABuild(
        "push", operands=("image.tar",), destinations=("r.io/a:1",), written=("d",)
    )


def test_bake() -> None:
    result = build("bake", "bake.json", "web", "--set", "web.stage=x", "--cache")
    assert (result.bakefile, result.cache, result.stray, result.rejected) == ("bake.json", True, (), False)
    assert build("bake").bakefile is None


# Names


@pytest.mark.parametrize(
    ("destination", "name"),
    [
        ("registry.example.com:5000/group/image-a:1.2@sha256:0123abcd", "image-a"),
        ("registry.example.com:5000/group/image-a", "image-a"),
        ("registry.example.com/image-a:latest", "image-a"),
        ("$CI_REGISTRY_IMAGE/image-a:$TAG", "image-a"),
        ("${CI_REGISTRY_IMAGE}/image-a:${TAG}", "image-a"),
        ("$CI_REGISTRY_IMAGE/image-a:${TAG:-a/b}", "image-a"),
        ("${CI_REGISTRY_IMAGE:-r.io:5000/group}/image-a", "image-a"),
        ("$CI_REGISTRY_IMAGE/image-a:$(git describe --match 'a/*')", "image-a"),
        ("$CI_REGISTRY_IMAGE/image-a:`cat a/version`", "image-a"),
        ("$CI_REGISTRY_IMAGE/image-a:$[[ inputs.tag ]]", "image-a"),
        ("$CI_REGISTRY_IMAGE/image-a@$DIGEST", "image-a"),
        ('$R/image-a:${TAG:-"${A:-x}/y"}', "image-a"),
        ("$R:$PORT/image-a", "image-a"),
        ("image-a", "image-a"),
        ("image-a:1", "image-a"),
        ("web=r.io/group/image-a:1", "image-a"),
        ("web=image-a:1", "image-a"),
        ("r.io/My_Image.x:1", "My_Image.x"),
        ("$CI_REGISTRY_IMAGE:$TAG", None),
        ("$CI_REGISTRY_IMAGE", None),
        ("${CI_REGISTRY_IMAGE}/${NAME}", None),
        ("$CI_REGISTRY_IMAGE/api-$VARIANT:latest", None),
        ("${CI_REGISTRY_IMAGE}api:latest", None),
        ("$CI_REGISTRY_IMAGE/$(basename $PWD):1", None),
        ("$CI_REGISTRY_IMAGE/$[[ inputs.name ]]", None),
        ("$CI_REGISTRY_IMAGE/api$1", None),
        ("r.io/${UNCLOSED/image-a", None),
        ("r.io/group/", None),
        ("", None),
        (":1", None),
    ],
)
def test_image_name(destination: str, name: str | None) -> None:
    assert image_name(destination) == name


@pytest.mark.parametrize(
    ("destination", "last"),
    [
        ("r.io/group/image-a:1", ("image-a",)),
        ("$CI_REGISTRY_IMAGE", ("$CI_REGISTRY_IMAGE",)),
        ("${CI_REGISTRY_IMAGE}api:latest", ("$CI_REGISTRY_IMAGE", "api")),
        ("$R/api-$VARIANT:1", ("api-", "$VARIANT")),
        ("r.io/group/", ()),
        ("", ()),
    ],
)
def test_image_path(destination: str, last: tuple[str, ...]) -> None:
    units = [letter for part in last for letter in ([part] if part.startswith("$") else part)]
    assert image_path(destination)[-1] == tuple(units)


@pytest.mark.parametrize(
    ("destination", "tag"),
    [
        ("r.io:5000/a:1.2", "1.2"),
        ("r.io:5000/a:1.2@sha256:0", "1.2"),
        ("$CI_REGISTRY_IMAGE:latest", "latest"),
        ("a:1", "1"),
        ("r.io:5000/a", None),
        ("r.io/a@sha256:0", None),
        ("$CI_REGISTRY_IMAGE:$TAG", None),
        ("$CI_REGISTRY_IMAGE:v$TAG", None),
        ("${CI_REGISTRY_IMAGE:-a:b}", None),
        ("a:", None),
    ],
)
def test_image_tag(destination: str, tag: str | None) -> None:
    assert image_tag(destination) == tag


@pytest.mark.parametrize(
    ("destination", "registry"),
    [
        ("r.io/a", "r.io"),
        ("r.io:5000/g/a:1", "r.io:5000"),
        ("localhost/a", "localhost"),
        ("registry:5000/a", "registry:5000"),
        ("web=r.io/a", "r.io"),
        ("group/a", None),
        ("a:5000", None),
        ("a.b", None),
        ("$CI_REGISTRY/a", None),
        ("r.io:$PORT/a", None),
        ("${R:-r.io}/a", None),
        ("", None),
    ],
)
def test_image_registry(destination: str, registry: str | None) -> None:
    assert image_registry(destination) == registry


# One image that another speaks of

SAME = [
    ("BASE=$CI_REGISTRY_IMAGE/base:$CI_COMMIT_SHA", "$CI_REGISTRY_IMAGE/base:$CI_COMMIT_SHA"),
    ("BASE=${CI_REGISTRY_IMAGE}/base:${CI_COMMIT_SHA}", "$CI_REGISTRY_IMAGE/base:$CI_COMMIT_SHA"),
    ("$CI_REGISTRY_IMAGE/base:$A-$B", "${CI_REGISTRY_IMAGE}/base:${A}-${B}"),
    ("r.io/base:$[[inputs.tag]]", "r.io/base:$[[ inputs.tag ]]"),
    ("FROM r.io/base:1 AS x\nCOPY . .\n", "r.io/base:1"),
    ("COPY --from=r.io/base:1 /a /b", "r.io/base:1"),
    ('["r.io/base:1"]', "r.io/base:1"),
    ("docker://r.io/base:1", "r.io/base:1"),
    ("r.io/base", "r.io/base:latest"),
    ("r.io/base:latest", "r.io/base"),
    ("r.io/base:1@sha256:0a", "r.io/base:1"),
    ("r.io/base@sha256:0a", "r.io/base:1@sha256:0a"),
    ("$BASE_IMAGE", "${BASE_IMAGE}"),
    ("docker.io/group/base:1", "group/base:1"),
    ("group/base:1", "index.docker.io/group/base:1"),
    ("library/base:1", "docker.io/library/base:1"),
    ("localhost:5000/base:1", "localhost:5000/base:1"),
    ("r.io/base:2 r.io/base:1", "r.io/base:1"),
    ("r.io/base:1", "web=r.io/base:1"),
]

OTHER_TAG = [
    ("$CI_REGISTRY_IMAGE/base:latest", "$CI_REGISTRY_IMAGE/base:$CI_COMMIT_SHA"),
    ("r.io/base:1.2", "r.io/base:1"),
    ("r.io/base:1-$X", "r.io/base:1"),
    ("r.io/base", "r.io/base:1"),
    ("r.io/base@sha256:0a", "r.io/base:1"),
    ("r.io/base@sha256:0b", "r.io/base:1@sha256:0a"),
    ("r.io/base@$(cat base.digest)", "r.io/base"),
    ("$IMAGE$SUFFIX", "$IMAGE"),
    ("$IMAGE:${TAG:-x}", "$IMAGE:$TAG"),
]

OTHER_IMAGE = [
    ("r.io/base-extra:1", "r.io/base:1"),
    ("r.io/base.extra:1", "r.io/base:1"),
    ("r.io/base/extra:1", "r.io/base:1"),
    ("r.io/database:1", "base:1"),
    ("x/group/base:1", "group/base:1"),
    ("x.io/docker.io/group/base:1", "group/base:1"),
    ("my-r.io/base:1", "r.io/base:1"),
    ("$PREFIX$IMAGE:1", "$IMAGE:1"),
    ("$CI_REGISTRY_IMAGE/base:1", "$CI_REGISTRY_IMAGE:1"),
    ("$IMAGE_BASE:1", "$IMAGE:1"),
    ("r.io:5000/base:1", "5000/base:1"),
    ("r.io/group:base", "base"),
    ("", "r.io/base"),
    ("r.io/base:1", ""),
]


@pytest.mark.parametrize(("reference", "destination"), SAME)
def test_same_image(reference: str, destination: str) -> None:
    assert same_image(reference, destination)
    assert same_repository(reference, destination)


@pytest.mark.parametrize(("reference", "destination"), OTHER_TAG)
def test_same_repository_but_another_tag(reference: str, destination: str) -> None:
    assert not same_image(reference, destination)
    assert same_repository(reference, destination)


@pytest.mark.parametrize(("reference", "destination"), OTHER_IMAGE)
def test_another_image(reference: str, destination: str) -> None:
    assert not same_image(reference, destination)
    assert not same_repository(reference, destination)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a$B-c", ("a", "$B", "-", "c")),
        ("${B}", ("$B",)),
        ("${1}$2", ("$1", "$2")),
        ("${B:-x}", ("${B:-x}",)),
        ("${B:-${C}}x", ("${B:-${C}}", "x")),
        ("${B:-'}'}x", ("${B:-'}'}", "x")),
        ('${B:-"}"}x', ('${B:-"}"}', "x")),
        (r"${B:-\}}x", (r"${B:-\}}", "x")),
        ("$(a $(b) (c))x", ("$(a $(b) (c))", "x")),
        ("$(a ')')x", ("$(a ')')", "x")),
        ('$(a "it\'s )")x', ('$(a "it\'s )")', "x")),
        ("$((1+2))x", ("$((1+2))", "x")),
        ("`a \\` b`x", ("`a \\` b`", "x")),
        ("$[[ a.b ]]x", ("$[[a.b]]", "x")),
        ("$@$#", ("$@", "$#")),
        ("a$", ("a", "$")),
        ("$/", ("$", "/")),
        ("${open", ("${open",)),
        ("$(open", ("$(open",)),
        ("`open", ("`open",)),
        ("$[[ open", ("$[[open]]",)),
        ("$Bä", ("$B", "ä")),
    ],
)
def test_units(text: str, expected: tuple[str, ...]) -> None:
    assert units(text) == expected


def test_units_of_a_deep_nest() -> None:
    deep = "$(" * 100_000
    assert units(deep) == (deep,)


def test_importing_brings_in_no_heavy_modules() -> None:
    code = "import sys, kaniko_split.kaniko.command, kaniko_split.kaniko.image; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"ruamel", "yaml", "typer", "deepdiff", "rich", "pydantic"} & set(loaded.split())


# The environment


@pytest.mark.parametrize(
    ("value", "exact", "wanted"),
    [("true", True, True), ("1", True, True), ("false", True, False), ("$X", False, None)],
)
def test_the_environment_may_forbid_to_push(value: str, exact: bool, wanted: bool | None) -> None:  # noqa: FBT001
    built = with_environment(build("-d", "a/b", "--no-push"), {"KANIKO_NO_PUSH": Argument(value, exact)})
    assert built.no_push is wanted
    assert built.asks_no_push is (wanted is not False)


def test_the_environment_maps_registries() -> None:
    built = build("-d", "a/b", "--registry-map", "gcr.io=a.example.com", "--registry-mirror=m.example.com")
    assert built.registry_maps == ("gcr.io=a.example.com", "index.docker.io=m.example.com")
    given = {"KANIKO_REGISTRY_MIRROR": Argument("n.example.com", exact=True)}
    assert with_environment(built, given).registry_maps[2:] == ("index.docker.io=n.example.com",)


@pytest.mark.parametrize(
    ("image", "maps", "wanted"),
    [
        ("base:1", ["index.docker.io=r.io/x"], ["base:1", "r.io/x/library/base:1"]),
        ("docker.io/a/b", ["index.docker.io=r.io"], ["docker.io/a/b", "r.io/a/b"]),
        ("a/b", ["docker.io=https://r.io/"], ["a/b", "r.io/a/b"]),
        ("gcr.io/a/b", ["docker.io=r.io;gcr.io=s.io;gcr.io=t.io"], ["gcr.io/a/b", "s.io/a/b", "t.io/a/b"]),
        ("gcr.io/a/b", ["$MAP"], ["gcr.io/a/b", "$MAP/a/b"]),
        ("$BASE", ["docker.io=r.io"], ["$BASE"]),
    ],
)
def test_images_are_pulled_from_where_registries_are_mapped_to(image: str, maps: list[str], wanted: list[str]) -> None:
    assert list(pulled_as(image, maps)) == wanted


# Images with unknown parts


@pytest.mark.parametrize(
    ("image", "destination"),
    [
        ("registry.gitlab.com/group/project/base:1", "$CI_REGISTRY_IMAGE/base:1"),
        ("registry.gitlab.com/acme/x/base", "$CI_REGISTRY_IMAGE/$tagged"),
        ("$REGISTRY/base", "$CI_REGISTRY_IMAGE/base"),
        ("$CI_REGISTRY/group/project/base", "$CI_REGISTRY_IMAGE/base"),
        ("$BASE", "$CI_REGISTRY_IMAGE/base"),
        ("$CI_REGISTRY_IMAGE/base:1", "$DESTINATION"),
        ("quay.io/a/b:1", "$IMAGE:1"),
        ("org/x", "docker.io/org/$name"),
        ("$(cat base.ref)", "registry.example.com/base"),
    ],
)
def test_an_image_that_may_be_the_one_that_is_pushed(image: str, destination: str) -> None:
    assert may_be_image(image, destination)


@pytest.mark.parametrize(
    ("image", "destination"),
    [
        ("registry.gitlab.com/base:1", "$CI_REGISTRY_IMAGE/base:1"),
        ("registry.gitlab.com/group/project/base:2", "$CI_REGISTRY_IMAGE/base:1"),
        ("$REGISTRY/base", "$CI_REGISTRY_IMAGE/web"),
        ("alpine:3.20", "$IMAGE:3.20"),
        ("scratch", "$IMAGE"),
        ("quay.io/group/project/base", "$CI_REGISTRY_IMAGE/base"),
        ("$CI_PROJECT_DIR/base", "$CI_REGISTRY_IMAGE/base"),
        ("./base", "$IMAGE"),
        ("", "$IMAGE"),
    ],
)
def test_an_image_that_is_certainly_another_one(image: str, destination: str) -> None:
    assert not may_be_image(image, destination)


@pytest.mark.parametrize(
    "reference",
    [
        "BASE=$CI_REGISTRY/$CI_PROJECT_PATH/base",
        "${CI_REGISTRY}/${CI_PROJECT_NAMESPACE}/$CI_PROJECT_NAME/base:1",
        "$CI_REGISTRY_IMAGE/Base",
    ],
)
def test_images_are_compared_by_what_gitlab_defines(reference: str) -> None:
    assert same_repository(reference, "$CI_REGISTRY_IMAGE/base")


def test_a_long_name_is_compared_in_time() -> None:
    image = "/".join(["$A$B"] * 40)
    assert may_be_image(image, image)
