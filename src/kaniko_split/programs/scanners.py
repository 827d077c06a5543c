"""What do the programs do that scan images, files and Dockerfiles?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
# A scanner reads settings from variables, and a database from a server.
_SCANS = Columns(
    reads_environment=YES,
    reads_network=YES,
    failure=YES,
    differs=YES,
    prints=YES,
    acts=NO,
)
_TRIVY_SCANS: Columns = {
    **_SCANS,
    "reads": ("trivy.yaml", "trivy-secret.yaml", ".trivyignore", ".trivyignore.yaml", "$HOME/.cache/trivy"),
    "writes": ("$HOME/.cache/trivy",),
}
_REPORT = (
    "-o,--output:new -f,--format:text -q,--quiet? -d,--debug? -c,--config:read --timeout:text --cache-dir:write "
    "-v,--verbose? --no-progress? "
)
_TRIVY = _REPORT + (
    "--exit-code:text --severity,-s:text --ignore-unfixed? --vuln-type:text --pkg-types:text --scanners:text "
    "--security-checks:text --ignorefile:read --ignore-policy:read --skip-db-update? --skip-update? "
    "--skip-java-db-update? --offline-scan? --light? --template,-t:data --input:read --username:text --password:text "
    "--insecure? --server:text --token:text --token-header:text --download-db-only? --reset? --clear-cache? "
    "--list-all-pkgs? --dependency-tree? --skip-dirs:text --skip-files:text --db-repository:text "
    "--java-db-repository:text --platform:text --image-src:text --removed-pkgs? --exit-on-eol:text --no-progress? "
    "--show-suppressed? --vex:read --compliance:text --report:text --ignore-status:text --parallel:text "
    "--misconfig-scanners:text --image-config-scanners:text --secret-config:read --file-patterns:text --tf-vars:read "
    "--config-check:read --table-mode:text --detection-priority:text --sbom-sources:text --rekor-url:text "
    "--registry-token:text --redis-tls? --cache-backend:text"
)


def _report(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """A report may be given as `json=report.json` (syft, grype)."""
    files = frozenset(value.partition("=")[2] for value in usage.values("-o") if "=" in value)
    named = frozenset(value for value in usage.values("-o") if "=" not in value)
    # `-o json` is a format, and `--file` is the report: a file called `json` does no harm.
    return replace(effect, writes=effect.writes | files | named, overwrites=effect.overwrites - named)


ROWS = (
    row("trivy", _TRIVY + " --version", group=True, source="trivy, documentation"),
    row("trivy image,i", _TRIVY, "image", refine=_report, source="trivy image", like=_TRIVY_SCANS),
    row(
        "trivy fs,filesystem,rootfs,config,conf,sbom,repo,repository,vm",
        _TRIVY,
        "search",
        refine=_report,
        source="trivy fs",
        like=_TRIVY_SCANS,
    ),
    row("trivy convert", _TRIVY, "read", refine=_report, source="trivy convert", like=_SCANS),
    row(
        "trivy version,clean,plugin,module,server,kubernetes,k8s,registry,client",
        everything=True,
        source="trivy, documentation",
    ),
    row(
        "grype",
        _REPORT + "--fail-on:text --file:new --only-fixed? --only-notfixed? -s,--scope:text --platform:text "
        "--add-cpes-if-none? --by-cve? --exclude:text --name:text -t,--template:read --vex:read --distro:text "
        "--show-suppressed? --ignore-states:text",
        "archive",
        refine=_report,
        reads=(".grype.yaml", ".grype", "$HOME/.grype.yaml", "$HOME/.config/grype", "$HOME/.cache/grype"),
        writes=("$HOME/.cache/grype",),
        source="grype, README",
        like=_SCANS,
    ),
    row(
        "syft",
        _REPORT
        + "--file:new -s,--scope:text --platform:text --exclude:text --name:text -t,--template:read --source-name:text "
        "--source-version:text --base-path:search --catalogers:text --select-catalogers:text "
        "--override-default-catalogers:text --from:text",
        "text... archive",
        refine=_report,
        reads=(".syft.yaml", ".syft", "$HOME/.syft.yaml", "$HOME/.config/syft", "$HOME/.cache/syft"),
        writes=("$HOME/.cache/syft",),
        source="syft, README",
        like=_SCANS,
    ),
    row(
        "dockle",
        _REPORT
        + "--exit-code:text --exit-level:text -i,--ignore:text --input:read --username,-u:text --password,-p:text "
        "--insecure? --accept-key:text --accept-file:text --no-color?",
        "image",
        refine=_report,
        reads=(".dockleignore", "$HOME/.cache/dockle"),
        writes=("$HOME/.cache/dockle",),
        source="dockle, README",
        like=_SCANS,
    ),
    row(
        "hadolint",
        "-c,--config:read -f,--format:text -t,--failure-threshold:text --ignore:text --trusted-registry:text "
        "--no-fail? --no-color? --require-label:text --strict-labels? --error:text --warning:text --info:text "
        "--style:text -V,--verbose --disable-ignore-pragma --file-path-in-report:text -v,--version",
        "read... else:input",
        reads_environment=YES,
        names=("HADOLINT_CONFIG",),
        reads=(".hadolint.yaml", ".hadolint.yml", "$HOME/.hadolint.yaml", "$HOME/.config/hadolint.yaml"),
        failure=YES,
        prints=YES,
        source="hadolint, README",
    ),
    row(
        "dive,snyk,container-structure-test,clair-scanner,anchore-cli,twistcli,wizcli,docker-slim,checkov,kics,"
        "terrascan,gitleaks,trufflehog,semgrep,bandit,safety,shellcheck,yamllint,kube-score,kubeval,kubeconform,"
        "conftest,opa,polaris,prowler,osv-scanner,cyclonedx,detect-secrets,ggshield,horusec,licensefinder,"
        "license_finder,pre-commit,goss,dgoss,inspec,bats",
        everything=True,
        failure=YES,
        source="the scanners' own documentation",
    ),
)
