"""What do the clouds' own programs do?

Their commands are many, and their verbs say what they do: `describe-*`, `list-*` and `get-*` ask. Options of such a
command may name files (`file://`), so it reads any file.
"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.remote import ACTS, ASKS, CHANGES_SERVER
from kaniko_split.programs.row import Columns, Usage, row

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_LOGS_IN = Columns(
    reads_files=True,
    writes_files=True,
    reads_environment=YES,
    reads_network=YES,
    logs_in=True,
    failure=NO,
    differs=YES,
    reads_input=True,
    prints=YES,
)
_COPIES = Columns(reads_environment=YES, reads_network=YES, failure=MAYBE, differs=MAYBE)
_AWS = (
    "--region:text --profile:text --output:text --query:text --endpoint-url:text --no-cli-pager --no-verify-ssl "
    "--debug --no-paginate --no-sign-request --ca-bundle:read --cli-read-timeout:text --cli-connect-timeout:text "
    "--color:text --version"
)
_S3 = (
    "--recursive --exclude:text --include:text --acl:text --delete!both --quiet --only-show-errors --no-progress "
    "--sse? --sse-kms-key-id:text --storage-class:text --cache-control:text --content-type:text --metadata:text "
    "--metadata-directive:text --dryrun --size-only --exact-timestamps --follow-symlinks --no-follow-symlinks "
    "--content-encoding:text --expires:text --grants:text --no-guess-mime-type --source-region:text "
    "--website-redirect:text --request-payer? --content-disposition:text --expected-size:text"
)


def _moves(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """`mv` removes its source, here or outside."""
    del usage
    return replace(effect, writes=effect.writes | effect.reads, acts=YES)


ROWS = (
    row("aws", _AWS, group=True, source="AWS CLI reference"),
    row("aws s3", "", group=True, source="AWS CLI reference, s3"),
    row(
        "aws s3 cp,sync",
        f"{_AWS} {_S3}",
        "place placeto",
        when={"both": {"acts": MAYBE}},
        source="AWS CLI reference, s3 cp",
        like=_COPIES,
    ),
    row("aws s3 mv", f"{_AWS} {_S3}", "place placeto", refine=_moves, source="AWS CLI reference, s3 mv", like=_COPIES),
    # It fails where nothing is found, as the commands that describe do.
    row("aws s3 ls", any_options=True, operands="text...", failure=YES, source="AWS CLI reference, s3 ls", like=ASKS),
    row("aws s3 presign", any_options=True, operands="text...", source="AWS CLI reference, s3 presign", like=ASKS),
    row(
        "aws s3 rm,mb,rb,website",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, s3 rm",
        like=CHANGES_SERVER,
    ),
    row(
        "aws configure,sso,login",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, configure",
        like=_LOGS_IN,
    ),
    *(
        row(f"aws {service}", "", group=True, source=f"AWS CLI reference, {service}")
        for service in (
            "ecr",
            "ecr-public",
            "sts",
            "ec2",
            "ecs",
            "eks",
            "ssm",
            "secretsmanager",
            "lambda",
            "s3api",
            "cloudformation",
            "iam",
            "codeartifact",
            "cloudfront",
            "route53",
            "elasticbeanstalk",
            "rds",
            "logs",
            "sns",
            "sqs",
            "kms",
            "events",
            "autoscaling",
            "elbv2",
            "inspector2",
            "codebuild",
            "batch",
            "apprunner",
            "lightsail",
            "amplify",
            "cloudwatch",
        )
    ),
    row(
        "aws * get-login-password,get-login,get-authorization-token,get-caller-identity,assume-role,"
        "assume-role-with-web-identity,get-session-token",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, ecr get-login-password",
        like=ASKS,
    ),
    row(
        "aws s3api get-object,select-object-content,get-object-torrent",
        any_options=True,
        operands="text...",
        writes_files=True,
        source="AWS CLI reference, s3api get-object",
        like=ASKS,
    ),
    row(
        "aws lambda invoke",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, lambda invoke",
        like=ACTS,
    ),
    row(
        "aws eks update-kubeconfig,get-token",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, eks",
        like=_LOGS_IN,
    ),
    row(
        "aws codeartifact login,get-package-version-asset",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, codeartifact",
        like=_LOGS_IN,
    ),
    row(
        "aws * wait",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, wait",
        reads_files=True,
        reads_environment=YES,
        reads_network=YES,
        failure=YES,
        differs=YES,
    ),
    row("aws * describe-*", any_options=True, operands="text...", failure=YES, source="AWS CLI reference", like=ASKS),
    row("aws * list-*", any_options=True, operands="text...", source="AWS CLI reference", like=ASKS),
    row("aws * get-*", any_options=True, operands="text...", writes_files=True, source="AWS CLI reference", like=ASKS),
    # A command writes a file where its answer is a stream, and none of these has such an answer.
    *(
        row(
            f"aws * {verb}-*",
            any_options=True,
            operands="text...",
            source="AWS CLI reference",
            like=CHANGES_SERVER,
        )
        for verb in (
            "update",
            "create",
            "put",
            "delete",
            "register",
            "deregister",
            "start",
            "stop",
            "send",
            "tag",
            "set",
        )
    ),
    row(
        "aws sns publish,publish-batch",
        any_options=True,
        operands="text...",
        source="AWS CLI reference, sns publish",
        like=CHANGES_SERVER,
    ),
    row("aws * *", any_options=True, operands="text...", source="AWS CLI reference", like=ACTS),
    row(
        "gcloud",
        "--project:text --quiet -q --format:text --account:text --configuration:text --verbosity:text "
        "--impersonate-service-account:text --version",
        group=True,
        source="gcloud reference",
    ),
    row("gcloud auth", "", group=True, source="gcloud reference, auth"),
    row(
        "gcloud auth print-access-token,print-identity-token,list",
        any_options=True,
        operands="text...",
        source="gcloud auth print-access-token",
        like=ASKS,
    ),
    row(
        "gcloud auth login,activate-service-account,configure-docker,revoke,application-default",
        any_options=True,
        operands="text...",
        source="gcloud auth login",
        like=_LOGS_IN,
    ),
    row(
        "gcloud config,components,init,version,info",
        any_options=True,
        operands="text...",
        source="gcloud config",
        like=_LOGS_IN,
    ),
    row("gcloud storage", "", group=True, source="gcloud reference, storage"),
    row(
        "gcloud storage cp,rsync",
        "-r,-R,--recursive --project:text -q,--quiet --no-clobber,-n --cache-control:text --content-type:text "
        "--delete-unmatched-destination-objects!both --exclude,-x:text",
        "place... placeto",
        when={"both": {"acts": MAYBE}},
        source="gcloud storage cp",
        like=_COPIES,
    ),
    row(
        "gcloud storage mv,rm,buckets,objects",
        any_options=True,
        operands="text...",
        source="gcloud storage rm",
        like=ACTS,
    ),
    row(
        "gcloud run,container,compute,builds,artifacts,functions,app,sql,secrets,iam,projects,services,pubsub,dns,"
        "deploy,kms,logging,scheduler,tasks,beta,alpha,endpoints,firebase,dataflow,composer,ai,workflows",
        any_options=True,
        operands="text...",
        logs_in=True,
        source="gcloud reference",
        like=ACTS,
    ),
    row(
        "az",
        "--output,-o:text --query:text --subscription:text --only-show-errors --verbose --debug -v,--version",
        group=True,
        source="Azure CLI reference",
    ),
    row(
        "az login,logout,account,configure,config,ad",
        any_options=True,
        operands="text...",
        source="az login",
        like=_LOGS_IN,
    ),
    row(
        "az acr,aks,webapp,containerapp,container,functionapp,keyvault,storage,group,deployment,vm,network,sql,"
        "monitor,resource,role,identity,appservice,staticwebapp,postgres,redis,cosmosdb,extension,rest,devops,"
        "pipelines,artifacts,batch,iot,apim,policy,tag",
        any_options=True,
        operands="text...",
        logs_in=True,
        source="Azure CLI reference",
        like=ACTS,
    ),
    row(
        "oci,doctl,ibmcloud,aliyun,scw,linode-cli,hcloud,openstack,yc,tccli,exo,ovhcloud,civo",
        any_options=True,
        operands="text...",
        logs_in=True,
        prints=MAYBE,
        source="the clouds' own references",
        like=ACTS,
    ),
)
