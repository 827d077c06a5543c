"""What does the failure of a call mean: a verdict on what was done, a lost build, or a lost message?

The lists are the judge's own. They name the programs that people put between two builds to stop the second.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from judges.sandbox import EFFECTS, MOMENTS, TOOLS, Call

_ALWAYS = """
    [ bandit checkov clair-scanner cmp conftest container-structure-test ct detect-secrets dgoss diff dive dockle
    eslint fgrep egrep flake8 gate gitleaks golangci-lint goss grep grype hadolint inspec jest kubeconform kubeval
    kubescape markdownlint mocha mypy phpunit polaris pytest rspec ruff semgrep shellcheck snyk sonar-scanner test tox
    trivy trufflehog vitest yamllint bats tflint kube-linter
"""
_ALWAYS_A_VERDICT = frozenset(_ALWAYS.split())

# A program's name, and words of which one makes it a verdict.
_BY_WORD = {
    "cargo": r"test|clippy|check|audit|deny",
    "cosign": r"verify(-\w+)*",
    "crane": r"validate",
    "docker": r"scout|scan",
    "git": r"--exit-code|--quiet|diff-index|verify-\w+|fsck",
    "go": r"test|vet",
    "gradle": r"test|check|verify",
    "gradlew": r"test|check|verify",
    "helm": r"lint|test|verify",
    "jq": r"-\w*e\w*|--exit-status",
    "kubectl": r"wait|diff",
    "make": r".*(test|check|lint|verif|scan|valid|audit|smoke).*",
    "md5sum": r"-\w*c\w*|--check",
    "mvn": r"test|verify",
    "notation": r"verify",
    "npm": r"test|t|audit|.*(test|check|lint|verif|scan|valid|audit|smoke).*",
    "pnpm": r"test|audit|.*(test|check|lint|verif|scan|valid|audit|smoke).*",
    "yarn": r"test|audit|.*(test|check|lint|verif|scan|valid|audit|smoke).*",
    "sha1sum": r"-\w*c\w*|--check",
    "sha256sum": r"-\w*c\w*|--check",
    "sha512sum": r"-\w*c\w*|--check",
    "skopeo": r"inspect",
    "terraform": r"validate",
    "wget": r"--spider",
}
_CURL_THAT_FAILS = re.compile(r"-[a-zA-Z]*f|--fail(-with-body)?$")
_CURL_THAT_SENDS = re.compile(r"-[a-zA-Z]*[dFTX]|--(?:data|form|json|upload|post|request)")
_CURL_INTO_FILE = re.compile(r"-[a-zA-Z]*[oO]$|--(?:output|remote-name)")
_NAME_THAT_JUDGES = re.compile(r"assert|audit|check|compare|gate|health|lint|polic|scan|smoke|test|valid|verif")
_INTERPRETERS = frozenset({"node", "perl", "php", "python", "python3", "ruby"})
# Programs that look at the container, and print: what a build pushed they cannot see.
_LOOKS = (
    "df",
    "du",
    "file",
    "free",
    "groups",
    "hexdump",
    "id",
    "lsblk",
    "lscpu",
    "nproc",
    "ps",
    "uptime",
    "vmstat",
    "w",
    "who",
)
# Programs that change files and do nothing else: where one fails, nothing is judged and nobody is told.
_FILE_PROGRAMS = ("bunzip2", "bzip2", "dos2unix", "gunzip", "patch", "unxz", "unzip", "xz", "yq", "zip", "zstd")
_WORDS_OF_BASH = ("declare", "let", "mapfile", "popd", "pushd", "readarray", "shopt", "typeset")
_NUMBER = re.compile(r"-?\d*$")
_COMPARISON = frozenset({"-eq", "-ne", "-gt", "-lt", "-ge", "-le", "=", "==", "!=", "]", "!"})

# Tests that no function can stand in for: words of bash, and an expansion that ends the script.
_DOUBLE_BRACKET = re.compile(r"\[\[ [^\n]*? \]\](?=\s|;|$)", re.MULTILINE)
_DEMAND = re.compile(r"\$\{\w+:?\?[^}]*\}")


class Meaning(Enum):
    """What is lost when a call fails."""

    BUILD = "build"
    VERDICT = "verdict"
    EFFECT = "effect"
    OTHER = "other"


def meaning_of(call: Call) -> Meaning:
    """Say what the failure of a call means to the builds after it."""
    if call.name == "executor":
        asks = {"version", "--help", "-h", "help"} & {*call.arguments[:1]}
        return Meaning.OTHER if asks else Meaning.BUILD
    if is_verdict(call):
        return Meaning.VERDICT
    if call.name in EFFECTS or (call.name == "git" and "push" in call.arguments):
        return Meaning.EFFECT
    return Meaning.OTHER


def is_verdict(call: Call) -> bool:
    """Say whether people run a command to stop the script where something is wrong."""
    name, words = call.name.rpartition("/")[2], call.arguments
    if name in {"[", "test"}:
        return not _is_about_statuses(words)
    if name in _ALWAYS_A_VERDICT:
        return True
    if name == "curl":
        fails = any(_CURL_THAT_FAILS.match(word) for word in words)
        other = any(_CURL_THAT_SENDS.match(word) or _CURL_INTO_FILE.match(word) for word in words)
        return fails and not other
    if name == "awk":
        return any(re.search(r"\bexit\b", word) for word in words)
    if name in _BY_WORD:
        return any(re.fullmatch(_BY_WORD[name], word) for word in words)
    if name in _INTERPRETERS:
        first = next((word for word in words if not word.startswith("-")), "")
        return _NAME_THAT_JUDGES.search(first.rpartition("/")[2].lower()) is not None or "pytest" in words
    return _NAME_THAT_JUDGES.search(name.lower()) is not None


def is_unknown(call: Call) -> bool:
    """Say whether a command is a script of the repository, or a program that this list does not have."""
    if "/" in call.name:
        return True
    known = {
        "[",
        "executor",
        "git",
        *TOOLS,
        *EFFECTS,
        *MOMENTS,
        *_ALWAYS_A_VERDICT,
        *_LOOKS,
        *_FILE_PROGRAMS,
        *_WORDS_OF_BASH,
    }
    return call.name.partition(" ")[0] not in known - {"gate"}


def verdicts_in_text(text: str) -> Iterator[str]:
    """Yield the parts of a script that judge without calling a command."""
    for pattern in (_DOUBLE_BRACKET, _DEMAND):
        for found in pattern.finditer(text):
            if "PIPESTATUS" not in found[0] and "$?" not in found[0]:
                yield found[0]


def failing_text(verdict: str) -> str:
    """Give what takes the place of a part of a script in order that it fails."""
    return '[[ -n "" ]]' if verdict.startswith("[[") else "${JUDGE_ABSENT:?}"


def _is_about_statuses(words: Sequence[str]) -> bool:
    """Say whether a test compares numbers alone, as with `$?`: it passes on the failure of what came before it."""
    return all(_NUMBER.match(word) or word in _COMPARISON for word in words)
