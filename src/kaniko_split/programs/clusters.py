"""What do the programs do that deploy to clusters and describe infrastructure?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.remote import ACTS, ASKS, CHANGES_SERVER
from kaniko_split.programs.row import Columns, Usage, row

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_LOCAL = Columns(reads_files=True, reads_environment=YES, failure=MAYBE, prints=YES, reads_input=True, differs=MAYBE)
_LOGS_IN = Columns(
    reads_files=True,
    reads_environment=YES,
    reads_network=YES,
    logs_in=True,
    failure=NO,
    reads_input=True,
    writes_files=True,
)
_KUBECTL = (
    "-n,--namespace:text --context:text --kubeconfig:read --cluster:text --user:text -s,--server:text --token:text "
    "--certificate-authority:read --client-certificate:read --client-key:read --insecure-skip-tls-verify? "
    "--request-timeout:text --as:text -v,--v:text"
)


def _waits(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """`kubectl rollout status` and `kubectl wait` fail where the rollout does."""
    return replace(effect, failure=YES) if usage.operands[:1] == ("status",) else replace(effect, acts=YES)


ROWS = (
    row("kubectl,oc", _KUBECTL, group=True, source="kubectl reference"),
    *(
        row_
        for tool in ("kubectl", "oc")
        for row_ in (
            row(
                f"{tool} get,describe,version,explain,api-resources,api-versions,logs,top,whoami,status,project",
                any_options=True,
                operands="text...",
                inherits=True,
                source="kubectl get",
                like=ASKS,
            ),
            row(
                f"{tool} rollout",
                any_options=True,
                operands="text...",
                inherits=True,
                refine=_waits,
                source="kubectl rollout",
                like=ASKS,
            ),
            row(
                f"{tool} wait,auth,diff",
                any_options=True,
                operands="text...",
                inherits=True,
                source="kubectl wait",
                reads_files=True,
                reads_environment=YES,
                reads_network=YES,
                failure=YES,
                differs=YES,
                prints=YES,
                reads_input=True,
            ),
            row(
                f"{tool} config,login,logout",
                any_options=True,
                operands="text...",
                inherits=True,
                source="kubectl config",
                like=_LOGS_IN,
            ),
            row(
                f"{tool} kustomize",
                options="-o,--output:write --enable-exec!everything --enable-alpha-plugins!everything",
                any_options=True,
                operands="search",
                source="kubectl kustomize",
                like=_LOCAL,
            ),
            row(
                f"{tool} apply,create,delete,patch,replace,set,scale,label,annotate,expose,autoscale,cordon,uncordon,"
                "drain,taint,certificate,tag,import-image,start-build,new-app,new-project",
                any_options=True,
                operands="text...",
                inherits=True,
                source="kubectl apply",
                like=CHANGES_SERVER,
            ),
            row(
                f"{tool} run,exec,cp,edit,port-forward,proxy,attach,debug,process,policy,adm,secrets,registry,image,"
                "rsync,observe",
                any_options=True,
                operands="text...",
                inherits=True,
                source="kubectl cp",
                like=ACTS,
            ),
        )
    ),
    row(
        "helm",
        "-n,--namespace:text --kube-context:text --kubeconfig:read --debug? --registry-config:read "
        "--repository-config:read --repository-cache:read --kube-token:text --kube-apiserver:text",
        group=True,
        source="Helm, commands",
    ),
    row(
        "helm template,show,version,inspect,env,search",
        options="--output-dir:write --post-renderer:text!everything --post-renderer-args:text",
        any_options=True,
        operands="text...",
        inherits=True,
        source="helm template",
        reads_network=MAYBE,
        writes_files=False,
        reads_files=True,
        reads_environment=YES,
        failure=MAYBE,
        differs=MAYBE,
        reads_input=True,
        prints=YES,
        acts=NO,
    ),
    row(
        "helm lint,verify",
        "--keyring:read -f,--values:read --set:text --set-string:text --set-json:text --set-file:text!everything "
        "--strict --quiet --with-subcharts --kube-version:text --skip-schema-validation",
        "read...",
        inherits=True,
        source="helm lint, helm verify",
        failure=YES,
        prints=YES,
        reads_environment=YES,
        reads_files=True,
    ),
    row(
        "helm list,ls,status,get,history",
        any_options=True,
        operands="text...",
        inherits=True,
        source="helm list",
        like=ASKS,
    ),
    row(
        "helm registry,repo", any_options=True, operands="text...", inherits=True, source="helm registry", like=_LOGS_IN
    ),
    row(
        "helm dependency,dep,pull,fetch,package,create",
        any_options=True,
        operands="text...",
        inherits=True,
        source="helm pull",
        reads_files=True,
        writes_files=True,
        reads_environment=YES,
        reads_network=YES,
        failure=MAYBE,
        differs=MAYBE,
        reads_input=True,
    ),
    row(
        "helm install,upgrade,uninstall,delete,del,rollback,push,test",
        options="--post-renderer:text!everything --post-renderer-args:text --dependency-update!charts",
        any_options=True,
        operands="text...",
        inherits=True,
        when={"charts": {"writes_files": True}},
        source="helm upgrade",
        like=CHANGES_SERVER,
    ),
    row(
        "helm plugin,secrets,diff,s3,gcs,cm-push",
        any_options=True,
        operands="text...",
        inherits=True,
        source="helm plugin",
        like=ACTS,
    ),
    row("terraform,tofu", "-chdir:text -version -help", group=True, single=True, source="Terraform CLI"),
    *(
        row_
        for tool in ("terraform", "tofu")
        for row_ in (
            row(f"{tool} version", any_options=True, operands="text...", source="terraform version", like=_LOCAL),
            row(
                f"{tool} output,show,state,providers,graph,console",
                any_options=True,
                operands="text...",
                single=True,
                source="terraform show",
                writes_files=True,
                acts=MAYBE,
                like=ASKS,
            ),
            row(
                f"{tool} fmt,validate,plan,init,get,workspace,test",
                any_options=True,
                operands="text...",
                single=True,
                source="terraform plan",
                reads_files=True,
                writes_files=True,
                reads_environment=YES,
                reads_network=YES,
                failure=YES,
                differs=YES,
                acts=MAYBE,
                reads_input=True,
                logs_in=True,
            ),
            row(
                f"{tool} apply,destroy,import,taint,untaint,refresh,force-unlock,login",
                any_options=True,
                operands="text...",
                single=True,
                source="terraform apply",
                logs_in=True,
                like=ACTS,
            ),
        )
    ),
    row(
        "argocd,flux,kustomize,skaffold,helmfile,kapp,ytt,pulumi,terragrunt,ansible,ansible-playbook,ansible-galaxy,"
        "packer,vagrant,nomad,consul,vault,flyctl,fly,heroku,vercel,netlify,wrangler,serverless,sls,cdk,sam,eb,"
        "ecs-cli,ecs-deploy,cf,dokku,cap,fab,rancher,portainer,sops,chamber,doppler,op,bw,infisical,kops,eksctl,"
        "velero,istioctl,linkerd,tkn,werf-helm,cdk8s,tanka,jsonnet,kpt,devspace,tilt",
        everything=True,
        source="the tools' own documentation",
    ),
)
