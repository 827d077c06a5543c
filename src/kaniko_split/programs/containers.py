"""What do the programs do that look at images, copy them and run them?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.registries import CHANGES, CREDENTIALS, JUDGES, LOGS_IN, LOOKS
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.variables import REGISTRY

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
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
        like=LOOKS,
    ),
    row(
        "crane validate",
        "--remote:image --tarball:read --fast?",
        "text...",
        inherits=True,
        source="crane validate",
        like=JUDGES,
    ),
    row("crane push", "--index? --image-refs:new", "search image", inherits=True, source="crane push", like=CHANGES),
    row("crane tag", "", "image text", inherits=True, source="crane tag", like=CHANGES),
    row(
        "crane copy,cp,delete,rebase,flatten,index,mutate,append",
        "-a,--all-tags? -n,--no-clobber? -j,--jobs:text -t,--tag:image -f,--new_layer:read -b,--base:image "
        "-o,--output:new --entrypoint:text --cmd:text -e,--env:text -l,--label:text -a,--annotation:text "
        "--append:read -u,--user:text -w,--workdir:text --set-platform:text --exposed-ports:text --repo:text "
        "--old_base:image --new_base:image --original:image -m,--manifest:image --docker-empty-base? --flatten? "
        "--image-refs:new",
        "image...",
        inherits=True,
        source="crane copy",
        like=CHANGES,
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
    row("crane blob", "", "image", inherits=True, source="crane blob", like=LOOKS),
    row("crane auth", "", group=True, source="crane auth"),
    row(
        "crane auth login,logout,get,token",
        CREDENTIALS,
        "text...",
        inherits=True,
        source="crane auth login",
        like=LOGS_IN,
    ),
    row(
        "skopeo",
        "--tls-verify? --insecure-policy --policy:read --registries.d:search --debug? --override-os:text "
        "--override-arch:text --override-variant:text --tmpdir:write --command-timeout:text -v,--version",
        group=True,
        source="skopeo(1)",
    ),
    row(
        "skopeo inspect",
        "--raw? --config? --format,-f:text --creds:text --authfile:read --cert-dir:search --tls-verify? --no-creds? "
        "--retry-times:text --no-tags? -n? --username:text --password:text --registry-token:text",
        "archive...",
        inherits=True,
        source="skopeo-inspect(1)",
        like=JUDGES,
    ),
    row(
        "skopeo list-tags",
        "--raw? --config? --format,-f:text --creds:text --authfile:read --cert-dir:search --tls-verify? --no-creds? "
        "--retry-times:text --no-tags? -n? --username:text --password:text --registry-token:text",
        "archive...",
        inherits=True,
        source="skopeo-inspect(1)",
        like=LOOKS,
    ),
    row(
        "skopeo copy,sync",
        "-a,--all --src-creds:text --dest-creds:text --src-tls-verify? --dest-tls-verify? --src-authfile:read "
        "--dest-authfile:read --authfile:read --src-cert-dir:search --dest-cert-dir:search --format,-f:text "
        "--retry-times:text --multi-arch:text --preserve-digests? --digestfile:new --remove-signatures? "
        "--additional-tag:text -q,--quiet? --src-no-creds? --dest-no-creds? --dest-compress? "
        "--dest-compress-format:text --src:text --dest:text --scoped --keep-going --sign-by:text "
        "--src-registry-token:text --dest-registry-token:text --dest-username:text --dest-password:text "
        "--src-username:text --src-password:text --dest-decompress? --encryption-key:read",
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
        like=CHANGES,
    ),
    row(
        "skopeo login,logout", CREDENTIALS + " -a,--all", "text", inherits=True, source="skopeo-login(1)", like=LOGS_IN
    ),
    row("skopeo manifest-digest", "", "read", source="skopeo-manifest-digest(1)", failure=NO, prints=YES),
    row("skopeo standalone-verify", "", "read text text read", source="skopeo-standalone-verify(1)", failure=YES),
    row(
        "docker,podman,nerdctl",
        "--config:text -H,--host:text -D,--debug -l,--log-level:text --tls --tlsverify --context:text -v,--version "
        "--log-level:text --root:text --storage-driver:text -n,--namespace:text",
        group=True,
        source="docker(1)",
    ),
    *(
        row_
        for tool in ("docker", "podman", "buildah", "nerdctl")
        for row_ in (
            row(f"{tool} login,logout", CREDENTIALS, "text", source=f"{tool} login", like=LOGS_IN),
            row(
                f"{tool} push",
                "-a,--all-tags -q,--quiet? --disable-content-trust? --authfile:read --creds:text --tls-verify? "
                "--format,-f:text --digestfile:new --all? --cert-dir:search --remove-signatures --retry:text "
                "--platform:text",
                "image archiveto",
                source=f"{tool} push",
                like=CHANGES,
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
                f"{tool} build,run,pull,tag,rm,rmi,stop,start,exec,cp,save,load,import,export,create,commit,"
                "inspect,logs,wait,kill,buildx,compose,manifest,image,container,volume,network,system,context,"
                "service,stack,swarm,secret,search,trust,scout,bud,from,copy,add,mount,umount,config,unshare,pod,"
                "play,kube,generate,builder,plugin,restart,attach,port,top,stats,diff,events,update,rename,pause,"
                "unpause,scan,sbom",
                any_options=True,
                operands="text...",
                source=f"{tool} run",
                like=_RUNS_IMAGES,
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
        "docker-compose,podman-compose,buildctl,buildkitd,dockerd,containerd,ctr,crictl,kind,k3d,minikube,img,jib,"
        "pack,ko,nixpacks,earthly,dagger,depot,werf,umoci,bazel",
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
)
