"""What does the table say of the commands that people write?"""

from __future__ import annotations

import shlex

import pytest
from msgspec.structs import replace

from kaniko_split.programs.effect import EVERYTHING, Certainty, CommandEffect
from kaniko_split.programs.row import operands_of, options_of
from kaniko_split.programs.table import effect_of, names_of, table
from kaniko_split.programs.user_rows import parse_row

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES


def effect(command: str) -> CommandEffect:
    return effect_of(tuple(shlex.split(command)))


def is_everything(done: CommandEffect) -> bool:
    same = replace(done, source=EVERYTHING.source, known=False, runs_file=None, reads=frozenset())
    return same == EVERYTHING


@pytest.mark.parametrize("certainty", Certainty)
def test_only_no_is_impossible(certainty: Certainty) -> None:
    assert certainty.possible == (certainty is not NO)


@pytest.mark.parametrize("name", sorted(table()))
def test_a_row_can_be_read(name: str) -> None:
    row = table()[name]
    given = {mark for option in options_of(row.options).values() for mark in option.marks}
    operands_of(row.operands)
    for mark, changes in row.when.items():
        assert mark in given, f"no option of `{name}` has the mark `{mark}`"
        operands_of(changes.get("operands", ""))
    assert row.source
    assert name in names_of(row)


@pytest.mark.parametrize(
    "command",
    [
        "notify built",
        "crane frobnicate x",
        "git frobnicate",
        "busybox frobnicate",
        "$TOOL a",
        "aws frobnicate x",
        "busybox -x",
    ],
)
def test_no_row_means_everything(command: str) -> None:
    done = effect(command)
    assert not done.known
    assert is_everything(done)


@pytest.mark.parametrize(
    "command",
    [
        "cp --frobnicate a b",
        "cp -aQ a b",
        "cp -$OPTIONS a b",
        "git -c core.pager=./page log",
        "git --git-dir=x status",
        "git log --ext-diff",
        "git rebase -x ./test main",
        "git log --outp=x",
        "sed -f script a",
        "sed -i.bak/* p a",
        "sed '1e date' a",
        "sed s/a/b/e a",
        "sed 's/a/b/;$d' a",
        "sed -n '/a/{p;frobnicate}' a",
        "awk 'BEGIN {system(\"x\")}'",
        "awk '{print | \"sh\"}' a",
        "awk '{\"date\" | getline d}' a",
        "awk -f program a",
        "awk '$1 ~ /a/ {print $2 > $3 \"'",
        "find . -frobnicate",
        "find . -execdir rm {} ;",
        "find . -exec rm {} ; -exec cp {} x ;",
        "find $WHERE -name x",
        "tar --to-command=sh -xf a.tar",
        "tar -I ./pack -cf a.tar b",
        "tar cfz b.tar a",
        "tar $MODE a.tar",
        "sort --compress-program=x a",
        "curl -K file",
        "curl -X POST $OPTIONS https://example.org",
        "wget -e x=y https://example.org",
        "jq -f program a",
        "jq 'import \"a\" as a; .' a",
        "env -S 'a b'",
        "env -C dir cp a b",
        "env $ASSIGNMENTS",
        "timeout 5",
        "bash",
        "bash -s",
        "sh -",
        "rsync -e ./shell a b",
        "python3 -c pass",
        "make test",
        "npm ci",
        "chroot x sh",
        "uniq a b c",
        "dd if=a frobnicate=x",
    ],
)
def test_what_a_row_does_not_list_means_everything(command: str) -> None:
    done = effect(command)
    assert done.known
    assert is_everything(done)


@pytest.mark.parametrize(
    ("command", "reads", "writes"),
    [
        ("cp a b", {"a"}, {"b"}),
        ("/bin/cp a b", {"a"}, {"b"}),
        ("busybox cp a b", {"a"}, {"b"}),
        ("cp -art dir a b", {"a", "b"}, {"dir"}),
        ("cp --target-directory=dir a", {"a"}, {"dir"}),
        ("cp a b dir", {"a", "b"}, {"dir"}),
        ("cp -- -a b", {"-a"}, {"b"}),
        ("cp $FILE b", {"$FILE"}, {"b", "$FILE"}),
        ("cp $DIR/a b", {"$DIR/a"}, {"b"}),
        ("cp $DIR:a b", {"$DIR:a"}, {"b"}),
        ("cp $CI_PROJECT_DIR/a b", {"$CI_PROJECT_DIR/a"}, {"b"}),
        ("mv a b", {"a"}, {"a", "b"}),
        ("install -t web file", {"file"}, {"web"}),
        ("install -dm755 web db", set(), {"web", "db"}),
        ("ln -s ../a", {"../a"}, {"a"}),
        ("mkdir -pm 700 a/b", set(), {"a/b"}),
        ("chmod -x a", {"a"}, {"a"}),
        ("chmod -R u+x dir", {"dir"}, {"dir"}),
        ("touch -r a b", {"a"}, {"b"}),
        ("sort -uo b a", {"a"}, {"b"}),
        ("tee -a b", set(), {"b"}),
        ("dd if=a of=b", {"a"}, {"b"}),
        ("sed -n p a", {"a"}, set()),
        ("sed -ni.bak p a", {"a"}, {"a", "a.bak"}),
        ("sed -e 's/a/b/w log' -e 'r head' a", {"a", "head"}, {"log"}),
        ("sed '/x/,+2w b' a", {"a"}, {"b"}),
        ("sed 's|TAG|$TAG|' a", {"a"}, set()),
        ("sed '$!d' a", {"a"}, set()),
        ("awk '{print > \"b\"}' a", {"a"}, {"b"}),
        ("awk '/a>b/ {print \"<x>\"}' a", {"a"}, set()),
        ("awk '$1 > 5 {n++}' x=1 a", {"a"}, set()),
        ("yq -i .a=1 c.yaml", {"c.yaml"}, {"c.yaml"}),
        ("yq eval '.a' c.yaml", {"c.yaml"}, set()),
        ("patch -d web -o out a change", {"web/a", "web/change"}, {"web/a", "out"}),
        ("gzip -9c a", {"a"}, set()),
        ("unzip -qo a.zip -d web", {"a.zip"}, {"web"}),
        ("tar -C web -czf a.tgz x", set(), {"a.tgz"}),
        ("tar xzf a.tgz -C web", {"a.tgz"}, {"web"}),
        ("openssl dgst -sha256 -out b a", {"a"}, {"b"}),
        ("test -f a", {"a"}, set()),
        ("[ a -nt b ]", {"a", "b"}, set()),
        ("[ x = y ]", set(), set()),
        ("find . -newer a -fprint b", {"a"}, {"b"}),
        ("find web -delete", set(), {"web"}),
        ("scp a host:b", {"a"}, {"$HOME/.ssh/known_hosts"}),
        ("rsync -a a/ b", {"a/"}, {"b"}),
        ("aws s3 cp a s3://b/c", {"a"}, set()),
        ("aws s3 cp s3://b/c a", set(), {"a"}),
        ("crane pull a/b:1 image.tar", set(), {"image.tar"}),
        ("skopeo copy docker://a/b oci:dir:1", set(), {"dir"}),
        ("skopeo copy oci-archive:a.tar docker://b", {"a.tar"}, set()),
    ],
)
def test_paths(command: str, reads: set[str], writes: set[str]) -> None:
    done = effect(command)
    assert done.known
    assert {path for path in done.reads if not path.startswith("$HOME")} == reads
    assert done.writes == writes


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("curl -fsSLo tool https://example.org/x", {"tool"}),
        ("curl -sO https://example.org/x.tgz", {"x.tgz"}),
        ("curl --output-dir web -o a https://example.org/x", {"web/a"}),
        ("wget -qO tool https://example.org/x", {"tool"}),
        ("wget -P web https://example.org/x", {"web/x", "web/x.*"}),
    ],
)
def test_downloads(command: str, written: set[str]) -> None:
    done = effect(command)
    assert {path for path in done.writes if not path.startswith("$HOME")} == written
    assert done.acts is NO
    assert done.reads_network is YES


@pytest.mark.parametrize(
    "command", ["curl -OJ https://example.org/x", "wget -i list", "curl -sO https://example.org/$X"]
)
def test_a_download_without_a_known_name_writes_files(command: str) -> None:
    assert effect(command).writes_files


@pytest.mark.parametrize(
    ("command", "overwrites", "overwrites_file"),
    [
        ("cp a b", set(), {"b"}),
        ("cp -T a b", {"b"}, set()),
        ("cp -n a b", set(), set()),
        ("cp a b c", set(), set()),
        ("cp a $B", set(), set()),
        ("cp a b/", set(), set()),
        ("mv a b", {"a"}, {"b"}),
        ("rm -rf a", {"a"}, set()),
        ("rm -rf a*", set(), set()),
        ("rm $X", set(), set()),
        ("tee b", {"b"}, set()),
        ("tee -a b", set(), set()),
        ("sort -o b a", {"b"}, set()),
        ("dd if=a of=b conv=notrunc", set(), set()),
        ("sed -i p a", set(), set()),
        ("mkdir a", set(), set()),
    ],
)
def test_only_what_is_certain_is_overwritten(command: str, overwrites: set[str], overwrites_file: set[str]) -> None:
    done = effect(command)
    assert done.overwrites == overwrites
    assert done.overwrites_file == overwrites_file


@pytest.mark.parametrize(
    ("command", "searches"),
    [
        ("find -name x", {"."}),
        ("find a b -type f", {"a", "b"}),
        ("grep -ri x dir", {"dir"}),
        ("grep -r x", {"."}),
        ("ls", {"."}),
        ("ls dir", {"dir"}),
        ("ls -d dir", set()),
        ("git status", {"."}),
        ("git diff --stat", {"."}),
        ("git ls-files", {"."}),
        ("git log -1", set()),
        ("du -sh", {"."}),
        ("diff -r a b", {"a", "b"}),
        ("tar czf - dir", {"dir"}),
    ],
)
def test_searches(command: str, searches: set[str]) -> None:
    assert effect(command).searches == searches


@pytest.mark.parametrize(
    ("command", "certainty", "names"),
    [
        ("cp a b", NO, set()),
        ("env", YES, set()),
        ("printenv", YES, set()),
        ("printenv TAG", NO, {"TAG"}),
        ("envsubst", YES, set()),
        ("envsubst '$TAG ${NAME}'", NO, {"TAG", "NAME"}),
        ("envsubst v1", MAYBE, set()),
        ("jq -n env.TAG", NO, {"TAG"}),
        ("jq -n '[$ENV.TAG]'", NO, {"TAG"}),
        ("jq -n '[$ENV]|keys'", YES, set()),
        ("jq . a", NO, set()),
        ("yq '.a = strenv(TAG)' c.yaml", NO, {"TAG"}),
        ("awk 'BEGIN {print ENVIRON[\"TAG\"]}'", NO, {"TAG"}),
        ("awk 'BEGIN {for (k in ENVIRON) print k}'", YES, set()),
        ("trivy image a/b:1", YES, set()),
        ("frobnicate", MAYBE, set()),
        ("date", NO, {"TZ"}),
        ("crane digest a/b", NO, {"HTTPS_PROXY", "DOCKER_CONFIG"}),
    ],
)
def test_environment(command: str, certainty: Certainty, names: set[str]) -> None:
    done = effect(command)
    assert done.reads_environment is certainty
    assert names <= done.names


@pytest.mark.parametrize(
    ("command", "certainty"),
    [
        ("cp a b", NO),
        ("mkdir a", NO),
        ("ls", NO),
        ("cat a", NO),
        ("date", NO),
        ("crane digest a/b:1", NO),
        ("jq .a b", NO),
        ("sed p a", NO),
        ("git status", NO),
        ("curl -so a https://example.org/a", MAYBE),
        ("frobnicate", MAYBE),
        ("jq -e .a b", YES),
        ("jq -re .a b", YES),
        ("yq --exit-status .a b", YES),
        ("grep -q x a", YES),
        ("test -f a", YES),
        ("[ -f a ]", YES),
        ("false", YES),
        ("diff a b", YES),
        ("cmp -s a b", YES),
        ("sha256sum -c sums", YES),
        ("sha256sum a", NO),
        ("crane validate --remote a/b:1", YES),
        ("git diff --exit-code", YES),
        ("git diff", NO),
        ("awk '{exit 1}' a", YES),
        ("awk 'END {exit !n}' a", YES),
        ("awk '{print}' a", NO),
        ("sed -n '/x/q1' a", YES),
        ("curl -fsS https://example.org/health", YES),
        ("wget --spider https://example.org", YES),
        ("trivy image --exit-code 1 a/b:1", YES),
        ("grype a/b:1", YES),
        ("hadolint Dockerfile", YES),
        ("cosign verify --key k a/b:1", YES),
        ("openssl verify a.pem", YES),
        ("kubectl rollout status deploy/x", YES),
        ("sort -c a", YES),
        ("command -v jq", YES),
    ],
)
def test_whether_a_failure_is_a_verdict(command: str, certainty: Certainty) -> None:
    assert effect(command).failure is certainty


@pytest.mark.parametrize(
    ("command", "certainty"),
    [
        ("curl -sX POST https://example.org", YES),
        ("curl -sXPOST https://example.org", YES),
        ("curl -d @a https://example.org", YES),
        ("curl --request=PUT https://example.org", YES),
        ("curl -X GET -o a https://example.org", NO),
        ("curl -X $METHOD -o a https://example.org", MAYBE),
        ("curl -s https://example.org", MAYBE),
        ("curl $OPTIONS https://example.org", MAYBE),
        ("wget --post-data=x https://example.org", YES),
        ("wget -O /dev/null https://example.org", MAYBE),
        ("git push origin v1", YES),
        ("git fetch", NO),
        ("git commit -m x", MAYBE),
        ("crane tag a/b:1 2", YES),
        ("crane digest a/b:1", NO),
        ("docker push a/b", YES),
        ("helm upgrade x ./chart", YES),
        ("helm template ./chart", NO),
        ("kubectl apply -f a", YES),
        ("kubectl get pods", NO),
        ("kubectl -n x get pods -o json", NO),
        ("aws s3 cp a s3://b", YES),
        ("aws s3 cp s3://b a", NO),
        ("aws ecs update-service --cluster x", YES),
        ("aws ecr describe-images --repository-name x", NO),
        ("scp a host:b", YES),
        ("scp host:b a", NO),
        ("scp a $TARGET", MAYBE),
        ("mail -s x y", YES),
        ("cp a b", NO),
        ("frobnicate", MAYBE),
    ],
)
def test_acts(command: str, certainty: Certainty) -> None:
    if command.startswith("curl $OPTIONS"):
        # An option may also be `-K file`, which may say anything.
        assert is_everything(effect(command))
    assert effect(command).acts is certainty


@pytest.mark.parametrize(
    ("command", "certainty"),
    [
        ("date", YES),
        ("date -d @0", NO),
        ("uuidgen", YES),
        ("shuf a", YES),
        ("mktemp", YES),
        ("openssl rand -hex 8", YES),
        ("openssl dgst a", NO),
        ("awk 'BEGIN {srand(); print rand()}'", YES),
        ("awk '{print}' a", NO),
        ("dd if=/dev/urandom of=a count=1", YES),
        ("find . -mtime +1", MAYBE),
        ("find . -ls", MAYBE),
        ("ls -la", MAYBE),
        ("ls", NO),
        ("stat a", MAYBE),
        ("find . -name x", NO),
        ("crane digest a/b", MAYBE),
        ("jq -n now", YES),
        ("echo a", NO),
        ("hostname", YES),
        ("sort -R a", MAYBE),
        ("frobnicate", MAYBE),
    ],
)
def test_differs(command: str, certainty: Certainty) -> None:
    assert effect(command).differs is certainty


@pytest.mark.parametrize(
    ("command", "certainty"),
    [
        ("crane digest a/b", YES),
        ("git ls-remote https://example.org/a", YES),
        ("git log", NO),
        ("cat a", NO),
        ("apk add jq", YES),
        ("frobnicate", MAYBE),
    ],
)
def test_network(command: str, certainty: Certainty) -> None:
    assert effect(command).reads_network is certainty


@pytest.mark.parametrize(
    ("command", "certainty"),
    [
        ("echo a", YES),
        ("ls", YES),
        ("cat a", YES),
        ("git status", YES),
        ("cp a b", NO),
        ("tee b", NO),
        ("frobnicate", MAYBE),
    ],
)
def test_prints(command: str, certainty: Certainty) -> None:
    assert effect(command).prints is certainty


@pytest.mark.parametrize(
    "command",
    [
        "docker login -u x",
        "crane auth login x",
        "skopeo login x",
        "aws configure",
        "gcloud auth configure-docker",
        "helm registry login x",
    ],
)
def test_logs_in(command: str) -> None:
    assert effect(command).logs_in


@pytest.mark.parametrize(
    ("command", "images"),
    [
        ("crane digest a/b:1", {"a/b:1"}),
        ("crane --insecure digest $IMAGE/x", {"$IMAGE/x"}),
        ("skopeo inspect docker://a/b:1", {"docker://a/b:1"}),
        ("trivy image --severity HIGH a/b:1", {"a/b:1"}),
        ("cosign sign -y --key k a/b:1", {"a/b:1"}),
        ("crane copy a b", {"a", "b"}),
        ("crane digest $IMAGE", {"$IMAGE"}),
        ("crane digest $IMAGE:$TAG", {"$IMAGE:$TAG"}),
    ],
)
def test_images(command: str, images: set[str]) -> None:
    assert effect(command).images == images


@pytest.mark.parametrize(
    ("command", "runs", "often"),
    [
        ("timeout -k 1 5m cp a b", "cp a b", False),
        ("env -i A=1 cp a b", "cp a b", False),
        ("env - A=1 cp a b", "cp a b", False),
        ("nice -n 5 cp -r a b", "cp -r a b", False),
        ("command cp a b", "cp a b", False),
        ("sudo -u x cp a b", "cp a b", False),
        ("xargs -0 rm -f", "rm -f $(item)", True),
        ("xargs -I{} cp {} dir", "cp $(item) dir", True),
        ("xargs", "echo $(item)", True),
        ("find web -name x -exec rm -f {} +", "rm -f web/$(find)", True),
        ("find /srv -exec rm {} ;", "rm /srv/$(find)", True),
    ],
)
def test_wrappers(command: str, runs: str, often: bool) -> None:  # noqa: FBT001  # a column of the table above
    done = effect(command)
    assert " ".join(done.runs) == runs
    assert done.runs_often == often


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("sh -c 'cp a b'", "cp a b"),
        ("bash -euo pipefail -c 'cp a b' name x", "cp a b"),
        ("bash -ec 'cp a b'", "cp a b"),
        ("su -c 'cp a b' user", "cp a b"),
        ("script -qec 'cp a b' /dev/null", "cp a b"),
        ("eval cp a b", "cp a b"),
    ],
)
def test_texts_for_a_shell(command: str, text: str) -> None:
    assert effect(command).runs_text == text


@pytest.mark.parametrize("command", ["sh ci/build.sh x", "bash -e ci/build.sh", "python3 ci/build.sh", "ci/build.sh"])
def test_scripts_mean_everything(command: str) -> None:
    done = effect(command)
    assert done.runs_file == "ci/build.sh"
    assert is_everything(done)


@pytest.mark.parametrize(
    "command",
    ["cat", "cat a -", "tr a b", "grep x", "sed p", "jq .", "tee b", "xargs rm", "sort", "awk 1", "base64 -d"],
)
def test_reads_input(command: str) -> None:
    assert effect(command).reads_input


@pytest.mark.parametrize(
    "command", ["cat a", "grep x a", "sed p a", "jq . a", "jq -n .", "cp a b", "awk 1 a", "sort a"]
)
def test_reads_no_input(command: str) -> None:
    assert not effect(command).reads_input


@pytest.mark.parametrize(
    ("command", "reads"),
    [("cp a b", True), ("cp /a /b", False), ("echo a", False), ("pwd", True), ("cat $HOMER/a", True)],
)
def test_reads_folder(command: str, reads: bool) -> None:  # noqa: FBT001  # a column of the table above
    assert effect(command).reads_folder == reads


@pytest.mark.parametrize(
    ("command", "can_fail"), [("true", False), (":", False), ("echo a", False), ("cp a b", True), ("frobnicate", True)]
)
def test_can_fail(command: str, can_fail: bool) -> None:  # noqa: FBT001  # a column of the table above
    assert effect(command).can_fail == can_fail


def test_a_users_row_narrows_what_a_program_may_do() -> None:
    row = parse_row(
        "notify", {"acts": "yes", "failure": "no", "reads-files": False, "writes-files": False, "operands": "text..."}
    )
    done = effect_of(("notify", "built"), {"notify": row})
    assert (done.acts, done.failure, done.reads_files, done.reads) == (YES, NO, False, frozenset())
    assert done.differs is MAYBE
    assert done.known


def test_a_users_row_beats_ours_and_may_be_a_script() -> None:
    rows = {name: parse_row(name, {"writes-files": False}) for name in ("./notify", "make")}
    assert not effect_of(("./notify", "a"), rows).writes_files
    assert not effect_of(("make", "a"), rows).writes_files


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"act": "yes"}, "`programs.x.act` is not a key"),
        ({"acts": "often"}, '`programs.x.acts` must be "no", "maybe" or "yes"'),
        ({"reads": "a"}, "`programs.x.reads` must be a list of strings"),
        ({"can-fail": "no"}, "`programs.x.can-fail` must be true or false"),
        ({"options": 1}, "`programs.x.options` must be a string"),
        ({"options": "frobnicate"}, "`programs.x.options`: `frobnicate` is no option"),
        ({"operands": "reads..."}, "`programs.x.operands`: `reads` is no role"),
    ],
)
def test_a_users_row_that_is_wrong(mapping: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_row("x", mapping)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "command",
    ["yq -s .name a", "hostname x", "curl --variable %TAG https://example.org", "helm template --post-renderer ./x y"],
)
def test_options_that_may_do_anything(command: str) -> None:
    assert is_everything(effect(command))


def test_a_backup_is_written_under_another_name() -> None:
    assert effect("cp -b a b").writes_files


@pytest.mark.parametrize(
    ("command", "certainty"), [("jq '.spec.env[]' a", NO), ("jq '.a | env' a", YES), ("jq '\"\\(env.TAG)\"' a", NO)]
)
def test_a_field_called_env_is_not_the_environment(command: str, certainty: Certainty) -> None:
    assert effect(command).reads_environment is certainty


def test_helm_template_writes_where_it_is_told() -> None:
    assert effect("helm template --output-dir out ./chart").writes == {"out"}


def test_messages_of_awk_are_no_file() -> None:
    assert effect("awk '{print > \"/dev/stderr\"}' a").writes == frozenset()


def test_a_scanner_may_take_a_name_for_a_path() -> None:
    done = effect("grype web")
    assert done.images == {"web"}
    assert "web" in done.reads
    assert effect("cosign tree a/b:1").images == {"a/b:1"}


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("git clone https://example.org/a/b.git", "b"),
        ("git clone --depth 1 -b v1 git@example.org:a/b", "b"),
        ("git clone --bare https://example.org/a/b.git", "b.git"),
        ("git clone https://example.org/a/b.git c", "c"),
    ],
)
def test_a_clone_is_written_where_git_names_it(command: str, target: str) -> None:
    assert effect(command).writes == {target}
