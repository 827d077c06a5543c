"""What do the programs do that sign images, and keep other artifacts in registries?"""

from __future__ import annotations

from kaniko_split.programs.effect import Certainty
from kaniko_split.programs.registries import CHANGES, CREDENTIALS, JUDGES, LOGS_IN, LOOKS
from kaniko_split.programs.row import row
from kaniko_split.programs.variables import REGISTRY

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_ORAS = (
    "--plain-http? --insecure? --registry-config:read --ca-file:read -d,--debug? -v,--verbose? -u,--username:text "
    "-p,--password:text "
)
_COSIGN = (
    "--key:read --certificate:read --certificate-chain:read --certificate-identity:text "
    "--certificate-identity-regexp:text --certificate-oidc-issuer:text --certificate-oidc-issuer-regexp:text "
    "-a,--annotations:text --output-file:new -o,--output:text --insecure-ignore-tlog? --insecure-ignore-sct? "
    "--allow-insecure-registry? --allow-http-registry? --rekor-url:text --type:text --policy:read --check-claims? "
    "--local-image? -r,--recursive? --payload:read --signature:read --attachment:text --registry-username:text "
    "--registry-password:text --k8s-keychain? --offline? --private-infrastructure? --use-signed-timestamps? "
    "--timestamp-certificate-chain:read --max-workers:text -d,--verbose? -t,--timeout:text "
)
_SIGN = (
    "-y,--yes? -f,--force? --upload? --predicate:read --output-signature:new --output-certificate:new "
    "--output-payload:new --bundle:new --fulcio-url:text --identity-token:text --oidc-issuer:text --tlog-upload? "
    "--sbom:read --no-tlog-upload? --replace? --issue-certificate? --registry-referrers-mode:text "
    "--new-bundle-format? --use-signing-config? "
)


ROWS = (
    row("oras", "", group=True, source="oras, CLI reference"),
    row(
        "oras push,attach",
        _ORAS + "--artifact-type:text -a,--annotation:text --annotation-file:read --config:read "
        "--export-manifest:new --image-spec:text --disable-path-validation? --concurrency:text --format:text "
        "--subject:image --distribution-spec:text",
        "image data...",
        reads_files=True,
        source="oras push",
        like=CHANGES,
    ),
    row(
        "oras copy,cp,tag,delete",
        _ORAS + "-r,--recursive? --from-username:text --from-password:text --to-username:text "
        "--to-password:text -f,--force? --from-plain-http? --to-plain-http? --concurrency:text --platform:text",
        "image...",
        source="oras copy",
        like=CHANGES,
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
        like=LOOKS,
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
    row("oras login,logout", CREDENTIALS, "text", source="oras login", like=LOGS_IN),
    row(
        "regctl",
        "-v,--verbosity:text --logopt:text --host:text --user-agent:text",
        group=True,
        source="regclient, regctl",
    ),
    row("regctl registry", any_options=True, operands="text...", source="regctl registry", like=LOGS_IN),
    row("regctl image,index,artifact,manifest,blob,repo,tag", "", group=True, source="regclient, regctl"),
    *(
        row(f"regctl {name}", any_options=True, operands="image...", source=f"regctl {name}", like=LOOKS)
        for name in (
            "image check-base,config,digest,inspect,manifest,ratelimit",
            "artifact list,tree",
            "manifest diff,get,head",
            "blob diff-config,diff-layer,head",
            "repo ls,list",
            "tag ls,list",
        )
    ),
    *(
        row(
            f"regctl {name}",
            any_options=True,
            operands="image...",
            reads_files=True,
            source=f"regctl {name}",
            like=CHANGES,
        )
        for name in (
            "image copy,cp,create,import,mod",
            "index add,create,delete",
            "artifact put",
            "manifest delete,del,put,rm",
            "blob copy,cp,delete,del,put,rm",
            "tag delete,del,rm",
        )
    ),
    *(
        row(
            f"regctl {name}",
            any_options=True,
            operands="image...",
            writes_files=True,
            reads_network=YES,
            failure=NO,
            differs=MAYBE,
            names=REGISTRY,
            source=f"regctl {name}",
        )
        for name in ("image export,get-file", "artifact get", "blob get,get-file")
    ),
    row("cosign", "-d,--verbose? -t,--timeout:text --output-file:new", group=True, source="cosign(1)"),
    row(
        "cosign verify,verify-attestation",
        _COSIGN,
        "image...",
        reads_environment=YES,
        source="cosign verify",
        like=JUDGES,
    ),
    row(
        "cosign verify-blob,verify-blob-attestation",
        _COSIGN + "--bundle:read --new-bundle-format? --trusted-root:read",
        "read",
        reads_environment=YES,
        source="cosign verify-blob",
        like=JUDGES,
    ),
    row(
        "cosign tree,triangulate,download,version,public-key",
        _COSIGN + "--attachment-tag-prefix:text",
        "image...",
        reads_environment=YES,
        source="cosign tree",
        when={},
        like=LOOKS,
    ),
    row(
        "cosign sign,attest,attach,copy,clean,upload,generate",
        _COSIGN + _SIGN,
        "image...",
        reads_environment=YES,
        reads_files=True,
        source="cosign sign",
        like=CHANGES,
    ),
    row(
        "cosign sign-blob,attest-blob",
        _COSIGN + _SIGN,
        "read...",
        reads_environment=YES,
        source="cosign sign-blob",
        like=CHANGES,
    ),
    row("cosign login", CREDENTIALS, "text", source="cosign login", like=LOGS_IN),
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
        like=JUDGES,
    ),
    row(
        "notation sign",
        any_options=True,
        operands="image...",
        reads_files=True,
        reads_environment=YES,
        source="notation sign",
        like=CHANGES,
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
