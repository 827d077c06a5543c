"""What do the programs do that look at images, copy them, sign them and run them?"""

from __future__ import annotations

from dataclasses import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.variables import REGISTRY

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
# Whoever asks for an image gets another answer after a push.
_LOOKS = Columns(reads_network=YES, failure=NO, prints=YES, differs=MAYBE, names=REGISTRY)
_JUDGES = Columns(reads_network=YES, failure=YES, prints=YES, differs=MAYBE, names=REGISTRY)
_CHANGES = Columns(reads_network=YES, acts=YES, failure=MAYBE, differs=MAYBE, names=REGISTRY)
_LOGS_IN = Columns(logs_in=True, reads_network=YES, failure=NO, names=REGISTRY, reads_input=True, reads_environment=NO)
_RUNS_IMAGES = Columns(
    reads_files=True,
    writes_files=True,
    reads_input=True,
    reads_environment=YES,
    reads_network=YES,
    acts=YES,
    failure=MAYBE,
    differs=MAYBE,
    logs_in=True,
)
_CREDENTIALS = (
    "-u,--username:text -p,--password:text --password-stdin --authfile:write --tls-verify? --cert-dir:search --get-login "
    "--compat-auth-file:write -v,--verbose --insecure? --plain-http? --registry-config:write --identity-token-stdin "
    "--identity-token:text"
)
_ORAS = "--plain-http? --insecure? --registry-config:read --ca-file:read -d,--debug? -v,--verbose? -u,--username:text -p,--password:text "
_COSIGN = (
    "--key:read --certificate:read --certificate-chain:read --certificate-identity:text --certificate-identity-regexp:text "
    "--certificate-oidc-issuer:text --certificate-oidc-issuer-regexp:text -a,--annotations:text --output-file:new "
    "-o,--output:text --insecure-ignore-tlog? --insecure-ignore-sct? --allow-insecure-registry? --allow-http-registry? "
    "--rekor-url:text --type:text --policy:read --check-claims? --local-image? -r,--recursive? --payload:read --signature:read "
    "--attachment:text --registry-username:text --registry-password:text --k8s-keychain? --offline? --private-infrastructure? "
    "--use-signed-timestamps? --timestamp-certificate-chain:read --max-workers:text -d,--verbose? -t,--timeout:text "
)
_SIGN = (
    "-y,--yes? -f,--force? --upload? --predicate:read --output-signature:new --output-certificate:new --output-payload:new "
    "--bundle:new --fulcio-url:text --identity-token:text --oidc-issuer:text --tlog-upload? --sbom:read --no-tlog-upload? "
    "--replace? --issue-certificate? --registry-referrers-mode:text --new-bundle-format? --use-signing-config? "
)


def _config_only(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """An image that is a local archive needs no server."""
    return effect if effect.images or usage.unsure or not usage.operands else replace(effect, reads_network=NO)


ROWS = (
    row(
        "crane",
        "--insecure? --platform:text -v,--verbose? --allow-nondistributable-artifacts?",
        group=True,
        source="crane(1)",
    ),
    row(
        "crane digest,manifest,config,ls,catalog,version,registry-version",
        "--tarball:read --full-ref? --omit-digest-tags? -O",
        "image...",
        inherits=True,
        source="crane digest",
        **_LOOKS,
    ),
    row(
        "crane validate",
        "--remote:image --tarball:read --fast?",
        "text...",
        inherits=True,
        source="crane validate",
        **_JUDGES,
    ),
    row("crane push", "--index? --image-refs:new", "search image", inherits=True, source="crane push", **_CHANGES),
    row("crane tag", "", "image text", inherits=True, source="crane tag", **_CHANGES),
    row(
        "crane copy,cp,delete,rebase,flatten,index,mutate,append",
        "-a,--all-tags? -n,--no-clobber? -j,--jobs:text -t,--tag:image "
        "-f,--new_layer:read -b,--base:image -o,--output:new --entrypoint:text --cmd:text -e,--env:text -l,--label:text "
        "-a,--annotation:text --append:read -u,--user:text -w,--workdir:text --set-platform:text --exposed-ports:text "
        "--repo:text --old_base:image --new_base:image --original:image -m,--manifest:image --docker-empty-base? --flatten? "
        "--image-refs:new",
        "image...",
        inherits=True,
        source="crane copy",
        **_CHANGES,
    ),
    row(
        "crane pull",
        "-c,--cache_path:write --format:text --annotate-ref?",
        "image... new",
        inherits=True,
        source="crane pull",
        reads_network=YES,
        failure=NO,
        differs=MAYBE,
        names=REGISTRY,
    ),
    row(
        "crane export",
        "",
        "archive new",
        inherits=True,
        source="crane export",
        reads_network=YES,
        failure=NO,
        differs=MAYBE,
        names=REGISTRY,
        prints=YES,
        reads_input=True,
        refine=_config_only,
    ),
    row("crane blob", "", "image", inherits=True, source="crane blob", **_LOOKS),
    row("crane auth", "", group=True, source="crane auth"),
    row(
        "crane auth login,logout,get,token",
        _CREDENTIALS,
        "text...",
        inherits=True,
        source="crane auth login",
        **_LOGS_IN,
    ),
    row(
        "skopeo",
        "--tls-verify? --insecure-policy --policy:read --registries.d:search --debug? --override-os:text "
        "--override-arch:text --override-variant:text --tmpdir:write --command-timeout:text -v,--version",
        group=True,
        source="skopeo(1)",
    ),
    row(
        "skopeo inspect,list-tags",
        "--raw? --config? --format,-f:text --creds:text --authfile:read --cert-dir:search "
        "--tls-verify? --no-creds? --retry-times:text --no-tags? -n? --username:text --password:text --registry-token:text",
        "archive...",
        inherits=True,
        source="skopeo-inspect(1)",
        **_LOOKS,
    ),
    row(
        "skopeo copy,sync",
        "-a,--all --src-creds:text --dest-creds:text --src-tls-verify? --dest-tls-verify? --src-authfile:read "
        "--dest-authfile:read --authfile:read --src-cert-dir:search --dest-cert-dir:search --format,-f:text --retry-times:text "
        "--multi-arch:text --preserve-digests? --digestfile:new --remove-signatures? --additional-tag:text -q,--quiet? "
        "--src-no-creds? --dest-no-creds? --dest-compress? --dest-compress-format:text --src:text --dest:text --scoped "
        "--keep-going --sign-by:text --src-registry-token:text --dest-registry-token:text --dest-username:text "
        "--dest-password:text --src-username:text --src-password:text --dest-decompress? --encryption-key:read",
        "archive archiveto",
        inherits=True,
        source="skopeo-copy(1)",
        reads_network=YES,
        failure=MAYBE,
        differs=MAYBE,
        names=REGISTRY,
    ),
    row(
        "skopeo delete",
        "--creds:text --authfile:read --tls-verify? --cert-dir:search --no-creds?",
        "image",
        inherits=True,
        source="skopeo-delete(1)",
        **_CHANGES,
    ),
    row("skopeo login,logout", _CREDENTIALS + " -a,--all", "text", inherits=True, source="skopeo-login(1)", **_LOGS_IN),
    row("skopeo manifest-digest", "", "read", source="skopeo-manifest-digest(1)", failure=NO, prints=YES),
    row("skopeo standalone-verify", "", "read text text read", source="skopeo-standalone-verify(1)", failure=YES),
    row(
        "docker,podman,nerdctl",
        "--config:text -H,--host:text -D,--debug -l,--log-level:text --tls --tlsverify --context:text "
        "-v,--version --log-level:text --root:text --storage-driver:text -n,--namespace:text",
        group=True,
        source="docker(1)",
    ),
    *(
        row_
        for tool in ("docker", "podman", "buildah", "nerdctl")
        for row_ in (
            row(f"{tool} login,logout", _CREDENTIALS, "text", source=f"{tool} login", **_LOGS_IN),
            row(
                f"{tool} push",
                "-a,--all-tags -q,--quiet? --disable-content-trust? --authfile:read --creds:text --tls-verify? "
                "--format,-f:text --digestfile:new --all? --cert-dir:search --remove-signatures --retry:text --platform:text",
                "image archiveto",
                source=f"{tool} push",
                **_CHANGES,
            ),
            row(
                f"{tool} version,info,images,ps,history",
                "-a,--all -q,--quiet --no-trunc --format,-f:text --filter:text --digests --json -n:text -H",
                "text...",
                source=f"{tool} images",
                failure=NO,
                prints=YES,
                differs=YES,
                names=REGISTRY,
                reads_network=MAYBE,
            ),
            row(
                f"{tool} build,run,pull,tag,rm,rmi,stop,start,exec,cp,save,load,import,export,create,commit,inspect,logs,wait,kill,"
                "buildx,compose,manifest,image,container,volume,network,system,context,service,stack,swarm,secret,search,trust,"
                "scout,bud,from,copy,add,mount,umount,config,unshare,pod,play,kube,generate,builder,plugin,restart,attach,port,top,"
                "stats,diff,events,update,rename,pause,unpause,scan,sbom",
                any_options=True,
                operands="text...",
                source=f"{tool} run",
                **_RUNS_IMAGES,
            ),
        )
    ),
    row(
        "buildah",
        "--root:text --storage-driver:text --log-level:text -v,--version --debug",
        group=True,
        source="buildah(1)",
    ),
    row(
        "docker-compose,podman-compose,buildctl,buildkitd,dockerd,containerd,ctr,crictl,kind,k3d,minikube,img,jib,pack,ko,nixpacks,"
        "earthly,dagger,depot,werf,umoci,bazel",
        everything=True,
        source="docker-compose(1)",
    ),
    row(
        "docker-credential-gcr,docker-credential-ecr-login,docker-credential-acr-env,docker-credential-gitlab",
        any_options=True,
        operands="text...",
        logs_in=True,
        reads_files=True,
        reads_input=True,
        reads_environment=YES,
        reads_network=YES,
        failure=NO,
        prints=YES,
        differs=YES,
        source="docker-credential-gcr, README",
    ),
    row("oras", "", group=True, source="oras, CLI reference"),
    row(
        "oras push,attach",
        _ORAS + "--artifact-type:text -a,--annotation:text --annotation-file:read --config:read "
        "--export-manifest:new --image-spec:text --disable-path-validation? --concurrency:text --format:text --subject:image "
        "--distribution-spec:text",
        "image data...",
        reads_files=True,
        source="oras push",
        **_CHANGES,
    ),
    row(
        "oras copy,cp,tag,delete",
        _ORAS + "-r,--recursive? --from-username:text --from-password:text --to-username:text "
        "--to-password:text -f,--force? --from-plain-http? --to-plain-http? --concurrency:text --platform:text",
        "image...",
        source="oras copy",
        **_CHANGES,
    ),
    row(
        "oras pull",
        _ORAS
        + "-o,--output:write!folder --allow-path-traversal? -k,--keep-old-files? --platform:text --include-subject? "
        "--concurrency:text --format:text",
        "image",
        source="oras pull",
        writes=(".",),
        reads_network=YES,
        failure=NO,
        differs=MAYBE,
        names=REGISTRY,
        when={"folder": {}},
    ),
    row(
        "oras discover,repo,resolve,version",
        _ORAS + "-o,--output:text --format:text --artifact-type:text --platform:text --distribution-spec:text",
        "image...",
        source="oras discover",
        **_LOOKS,
    ),
    row(
        "oras manifest,blob",
        any_options=True,
        operands="image...",
        reads_files=True,
        writes_files=True,
        acts=MAYBE,
        reads_network=YES,
        source="oras manifest",
        failure=MAYBE,
        names=REGISTRY,
        differs=MAYBE,
        prints=YES,
    ),
    row("oras login,logout", _CREDENTIALS, "text", source="oras login", **_LOGS_IN),
    row(
        "regctl",
        "-v,--verbosity:text --logopt:text --host:text --user-agent:text",
        group=True,
        source="regclient, regctl",
    ),
    row("regctl registry", any_options=True, operands="text...", source="regctl registry", **_LOGS_IN),
    row(
        "regctl image,index,artifact,manifest,blob,repo,tag",
        any_options=True,
        operands="image...",
        reads_files=True,
        writes_files=True,
        source="regctl image",
        acts=MAYBE,
        reads_network=YES,
        failure=MAYBE,
        differs=MAYBE,
        names=REGISTRY,
        prints=YES,
    ),
    row("cosign", "-d,--verbose? -t,--timeout:text --output-file:new", group=True, source="cosign(1)"),
    row(
        "cosign verify,verify-attestation",
        _COSIGN,
        "image...",
        reads_environment=YES,
        source="cosign verify",
        **_JUDGES,
    ),
    row(
        "cosign verify-blob,verify-blob-attestation",
        _COSIGN + "--bundle:read --new-bundle-format? --trusted-root:read",
        "read",
        reads_environment=YES,
        source="cosign verify-blob",
        **_JUDGES,
    ),
    row(
        "cosign tree,triangulate,download,version,public-key",
        _COSIGN + "--attachment-tag-prefix:text",
        "text image",
        reads_environment=YES,
        source="cosign tree",
        when={},
        **_LOOKS,
    ),
    row(
        "cosign sign,attest,attach,copy,clean,upload,generate",
        _COSIGN + _SIGN,
        "image...",
        reads_environment=YES,
        reads_files=True,
        source="cosign sign",
        **_CHANGES,
    ),
    row(
        "cosign sign-blob,attest-blob",
        _COSIGN + _SIGN,
        "read...",
        reads_environment=YES,
        source="cosign sign-blob",
        **_CHANGES,
    ),
    row("cosign login", _CREDENTIALS, "text", source="cosign login", **_LOGS_IN),
    row(
        "cosign generate-key-pair,import-key-pair,initialize",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        differs=YES,
        failure=NO,
        reads_environment=YES,
        reads_network=MAYBE,
        acts=MAYBE,
        source="cosign generate-key-pair",
    ),
    row("notation", "-d,--debug? -v,--verbose?", group=True, source="notation, CLI"),
    row(
        "notation verify,inspect,list,ls,version",
        any_options=True,
        operands="image...",
        reads_files=True,
        reads_environment=YES,
        source="notation verify",
        **_JUDGES,
    ),
    row(
        "notation sign",
        any_options=True,
        operands="image...",
        reads_files=True,
        reads_environment=YES,
        source="notation sign",
        **_CHANGES,
    ),
    row(
        "notation login,logout",
        any_options=True,
        operands="text",
        reads_environment=YES,
        source="notation login",
        logs_in=True,
        reads_network=YES,
        failure=NO,
        names=REGISTRY,
        reads_input=True,
    ),
    row(
        "notation cert,key,policy,plugin,blob",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        failure=MAYBE,
        differs=MAYBE,
        reads_environment=YES,
        source="notation cert",
        reads_network=MAYBE,
        logs_in=True,
    ),
)
