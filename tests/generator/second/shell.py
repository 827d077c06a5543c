"""What does a shell script look like that goes on to build images, taken from POSIX's own grammar?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from generator.choices import Choices

DEPTH = 2
_WORDS = ("blue", "v2", "edge", "3.1", "prod")
_CI = ("$CI_COMMIT_SHORT_SHA", "$CI_PIPELINE_IID", "${CI_COMMIT_REF_SLUG}", "$CI_PROJECT_NAME")


@dataclass
class Script:
    """A script that is being written; every statement of it succeeds when each program does.

    Attributes:
        choices: Where choices come from.
        places: The folders of images.
        variables: The variables that have a value.
        loops: How many times what is written now runs.
        builds: How many images are built so far.
        pushed: The references that were pushed, oldest first.
        functions: The functions that are defined, which take a folder.
    """

    choices: Choices
    places: Sequence[str]
    variables: list[str] = field(default_factory=list)
    loops: int = 1
    builds: int = 0
    pushed: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    def value(self) -> str:
        """Write a word without a blank in its value."""
        options = [*_WORDS, *_CI, *(f"${name}" for name in self.variables), *(f"${{{one}}}" for one in self.variables)]
        return self.choices.pick(options)

    def assignment(self) -> str:
        """Give a variable a value, new or once more."""
        choices = self.choices
        name = choices.pick(("VERSION", "SUFFIX", "REV", "CHANNEL", *self.variables))
        known = choices.pick(self.variables) if self.variables else "CI_COMMIT_SHA"
        text = choices.pick(
            (
                f"{name}={self.value()}",
                f'{name}="{self.value()}-{self.value()}"',
                f"export {name}={self.value()}",
                f"{name}=$(cat RELEASE)",
                f"{name}=`cat RELEASE`",
                f"{name}=${{{known}:-none}}",
                f"{name}=${{{known}%%-*}}x",
                f'{name}="$(echo "${known}" | tr a-z A-Z)"',
                f"{name}=$(printf %s ${known} | cut -c1-3)",
                f"read -r {name} < RELEASE",
                f"{name}=one && export {name}",
                f": ${{{name}:=fallback}}",
                f"{name}=$(sed -n 1p RELEASE) || exit 1",
                f"{name}=${known}; export {name}",
            )
        )
        if name not in self.variables:
            self.variables.append(name)
        return text

    def file_step(self) -> str:
        """Change or make a file in the folder of some image."""
        place = self.choices.pick(self.places)
        value = self.value()
        return self.choices.pick(
            (
                f'printf "%s\\n" "{value}" > {place}/release',
                f"echo {value} >> {place}/history",
                f"cp RELEASE {place}/RELEASE",
                f"cat RELEASE shared/common.conf > {place}/all.conf",
                f"cat > {place}/made.env <<EOF\nRELEASE={value}\nEOF",
                f"cat <<'EOF' | tee {place}/plain.env > /dev/null\nRELEASE=$NOT_EXPANDED\nEOF",
                f'sed -i "s|@RELEASE@|{value}|" {place}/Dockerfile',
                f"sed 's/a/b/' shared/common.conf > {place}/b.conf",
                f"mkdir -p {place}/conf.d && cp shared/common.conf {place}/conf.d/10.conf",
                f"rm -f {place}/*.bak",
                f"mv {place}/start.sh {place}/run.sh && cp {place}/run.sh {place}/start.sh",
                f"cp -r shared {place}/",
                f"touch {place}/.built",
                f"tr 'a-z' 'A-Z' < RELEASE > {place}/LOUD",
                f"( cd {place}; echo {value} > here )",
                f"(cd shared && tar cf - common.conf) | (cd {place} && tar xf -)",
                f"ln -sf ../RELEASE {place}/link",
                f"for f in shared/*.conf; do cp $f {place}/; done",
                f"find shared -name '*.conf' -exec cp {{}} {place}/ \\;",
                f"ls shared | xargs -I@ cp shared/@ {place}/",
                f"chmod +x {place}/start.sh",
                f"echo $PWD > {place}/where",
                f"env | sort | grep ^VERSION= > {place}/env.txt || true",
                f"echo ${{#VERSION}} > {place}/length",
            )
        )

    def quiet_step(self) -> str:
        """Say something, look at something, or set how the shell runs."""
        return self.choices.pick(
            (
                "echo Building...",
                f'echo "next: {self.value()}"',
                "ls",
                "pwd",
                "set -ex",
                "set -o errexit",
                "true",
                "df -h || true",
                "umask 022",
                "cat RELEASE",
                "date",
                "printenv | sort > /dev/null",
                "wc -l RELEASE",
                ":",
                "command -v sh",
                "id",
                "sleep 1",
                "/kaniko/executor version",
                "trap 'echo bye' EXIT",
            )
        )

    def judging_step(self) -> str:
        """Judge something that a person would want to stop for."""
        place = self.choices.pick(self.places)
        image = self.choices.pick(self.pushed) if self.pushed else "alpine:3"
        return self.choices.pick(
            (
                f"[ -s {place}/Dockerfile ]",
                f"test -d {place}",
                "grep -q '^[0-9]' RELEASE",
                f"grep -c FROM {place}/Dockerfile",
                f"if [ ! -f {place}/Dockerfile ]; then echo gone >&2; exit 2; fi",
                f"[ -f {place}/Dockerfile ] || exit 1",
                f"test -f {place}/Dockerfile || {{ echo gone; exit 1; }}",
                f"trivy image --severity CRITICAL --exit-code 1 {image}",
                f"grype {image}",
                f"crane validate --remote {image}",
                f"cosign verify {image}",
                "sh ci/verify.sh",
                "./ci/verify.sh --strict",
                "npm test",
                "yarn lint",
                "go test ./...",
                "pytest -q",
                "curl -fs https://status.example.com/ > /dev/null",
                "cmp RELEASE RELEASE",
                "diff RELEASE RELEASE",
                ': "${CI_COMMIT_SHA:?no commit}"',
                f"! grep -q latest {place}/Dockerfile",
                f"hadolint {place}/Dockerfile",
                "jq -e . package.json > /dev/null",
                "expr 2 \\> 1",
                'case "$CI_COMMIT_SHA" in "") exit 1;; esac',
                "until curl -fs https://ready.example.com/; do sleep 1; done",
            )
        )

    def acting_step(self) -> str:
        """Do something outside of the container."""
        image = self.choices.pick(self.pushed) if self.pushed else "alpine:3"
        return self.choices.pick(
            (
                "curl -s -X POST https://chat.example.com/ -d built",
                'curl --silent --data "{\\"text\\":\\"built\\"}" https://chat.example.com/',
                f"crane tag {image} stable",
                f"crane copy {image} mirror.example.com/copy",
                f"cosign sign --yes {image}",
                f"skopeo copy docker://{image} docker://mirror.example.com/copy",
                "kubectl rollout restart deploy/app",
                "git push origin HEAD:built",
                "aws s3 cp RELEASE s3://bucket/",
                "wget -q -O /dev/null --post-data=built https://chat.example.com/",
                "make announce",
                "./ci/announce.sh",
                "notify-team built",
            )
        )

    def step(self, depth: int = 0) -> str:
        """Write any statement that builds nothing."""
        choices = self.choices
        simple: list[Callable[[], str]] = [
            self.assignment,
            self.assignment,
            self.file_step,
            self.file_step,
            self.file_step,
            self.quiet_step,
            self.quiet_step,
            self.judging_step,
        ]
        if depth >= DEPTH or choices.chance(75):
            return choices.pick(simple)()
        return choices.pick((self._if, self._case, self._for, self._while, self._group, self._chain))(depth + 1)

    def _block(self, depth: int) -> str:
        steps = [self.step(depth) for _ in range(self.choices.number(1, 2))]
        return "\n".join(f"  {line}" if "EOF" not in one else line for one in steps for line in one.split("\n"))

    def _if(self, depth: int) -> str:
        condition = self.choices.pick(
            (
                '[ -n "$CI_COMMIT_SHA" ]',
                "test -f RELEASE",
                "grep -q . RELEASE",
                "[ 1 -lt 2 ] && [ -d shared ]",
                "! false",
            )
        )
        other = f"\nelse\n{self._block(depth)}" if self.choices.chance(40) else ""
        return f"if {condition}; then\n{self._block(depth)}{other}\nfi"

    def _case(self, depth: int) -> str:
        main, other = self._block(depth), self._block(depth)
        return f'case "$CI_COMMIT_BRANCH" in\nmain|master)\n{main}\n  ;;\n*)\n{other}\n  ;;\nesac'

    def _for(self, depth: int) -> str:
        return f"for word in {self.value()} {self.value()}; do\n{self._block(depth)}\ndone"

    def _while(self, depth: int) -> str:
        return f"while read -r line; do\n{self._block(depth)}\ndone < RELEASE"

    def _group(self, depth: int) -> str:
        opening, closing = self.choices.pick((("{", "}"), ("(", ")"), ("{", "} > /dev/null")))
        return f"{opening}\n{self._block(depth)}\n{closing}"

    def _chain(self, depth: int) -> str:
        del depth
        joint = self.choices.pick((" && ", "; ", " && \\\n  "))
        return joint.join((self.file_step_on_one_line(), self.file_step_on_one_line()))

    def file_step_on_one_line(self) -> str:
        """Write a change of a file that has no line break in it."""
        found = self.file_step()
        return found if "\n" not in found else "true"


def with_lines_indented(text: str) -> Iterator[str]:
    """Yield the lines of a statement one step to the right; what a here-document holds stays where it is."""
    inside = False
    for line in text.split("\n"):
        yield line if inside else f"  {line}"
        if "<<" in line:
            inside = True
        elif line == "EOF":
            inside = False
