"""Which bulk command was given, and with which options?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
import typer.core

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 80}
_FOLDER = Path("kaniko-split-bulk")
_COMMANDS = ("scan", "status", "retry", "merge")


class _ScanByDefault(typer.core.TyperGroup):
    """A group whose first word may be left out, and then is `scan`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `scan` in front where no command and no question for help stands there."""
        if args and args[0] not in {*_COMMANDS, *_HELP["help_option_names"]}:  # type: ignore[misc]
            args = ["scan", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ScanByDefault,
    add_completion=False,
    context_settings=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Work through many repositories; `bulk DIR` is `bulk scan DIR`.",
    epilog="Example: kaniko-split bulk checkouts/",
)

_Into = Annotated[
    Path, typer.Option("--into", metavar="DIR", help="Where the journal and the results are kept.", show_default=True)
]
_Journal = Annotated[Path, typer.Argument(help="The folder of the run.", metavar="[DIR]")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what is asked for, and errors.")]


@app.command(epilog="Example: kaniko-split bulk --group my/group --branch one-image-per-job --push --merge-request")
def scan(  # noqa: PLR0917 (typer reads them by name)
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders in which to look for clones.", metavar="[DIR]...")
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", metavar="FILE", help="A folder or git address a line; - is stdin."),
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option("--group", metavar="PATH", help="A GitLab group, with its subgroups.")
    ] = None,
    gitlab_url: Annotated[
        str | None,
        typer.Option("--gitlab-url", metavar="URL", help="The GitLab [$CI_SERVER_URL or https://gitlab.com]."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="A file with a token [$GITLAB_TOKEN or $CI_JOB_TOKEN]."),
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option("--include", metavar="REGEX", help="Only names with this in them.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="REGEX", help="No names with this in them.")
    ] = None,
    branch: Annotated[
        str, typer.Option("--branch", metavar="NAME", help="Commit the proved change on a new branch.")
    ] = "",
    target: Annotated[
        str, typer.Option("--target", metavar="BRANCH", help="The branch to merge into [the default branch].")
    ] = "",
    message_file: Annotated[
        Path | None, typer.Option("--message-file", metavar="FILE", help="The commit's message.")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="The merge request's title [the message's first line].")] = "",
    label: Annotated[list[str] | None, typer.Option("--label", help="A label of the merge request.")] = None,
    assign: Annotated[
        list[str] | None, typer.Option("--assign", metavar="USER", help="Who the merge request is assigned to.")
    ] = None,
    on_conflict: Annotated[
        Literal["skip", "replace"],
        typer.Option("--on-conflict", help="What to do when the branch is there already; only ours are replaced."),
    ] = "skip",
    ci_file: Annotated[
        str,
        typer.Option(
            "--ci-file", metavar="FILE", help="The file that GitLab starts from, where a project names no other."
        ),
    ] = ".gitlab-ci.yml",
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="JOB", help="Only these jobs; may hold * and ?.")
    ] = None,
    template_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The template's name [.build-image].")
    ] = None,
    job_name: Annotated[
        str | None,
        typer.Option(metavar="PATTERN", help="The jobs' names, from {job} and {image} [build-{image}]."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", help="Repositories at a time [2 a processor].")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="For one call of git or of the server.")
    ] = 300.0,
    rate: Annotated[
        float, typer.Option("--requests-per-second", metavar="N", help="The most that GitLab is asked.")
    ] = 10.0,
    tries: Annotated[int, typer.Option("--tries", metavar="N", help="For what may pass by itself.")] = 4,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="This share alone [$CI_NODE_INDEX/$CI_NODE_TOTAL]."),
    ] = None,
    into: _Into = _FOLDER,
    *,
    push: Annotated[bool, typer.Option("--push", help="Push the branch.")] = False,
    merge_request: Annotated[bool, typer.Option("--merge-request", help="Open a merge request for it.")] = False,
    draft: Annotated[bool, typer.Option("--draft", help="Mark it as a draft.")] = False,
    cached_only: Annotated[bool, typer.Option("--cached-only", help="Only jobs that use Kaniko's cache.")] = False,
    keep_order: Annotated[bool, typer.Option("--keep-order", help="Each new job waits for the one before it.")] = False,
    no_config: Annotated[bool, typer.Option("--no-config", help="Read no repository's own configuration.")] = False,
    subgroups: Annotated[bool, typer.Option("--subgroups/--no-subgroups", help="With the group's groups.")] = True,
    archived: Annotated[bool, typer.Option("--archived", help="With archived projects.")] = False,
    forks: Annotated[bool, typer.Option("--forks", help="With forks.")] = False,
    ssh: Annotated[bool, typer.Option("--ssh", help="Fetch the group's repositories by SSH.")] = False,
    code_search: Annotated[
        bool, typer.Option("--code-search/--no-code-search", help="Let GitLab's code search say where to look.")
    ] = True,
    quiet: _Quiet = False,
) -> None:
    """Find what can be split in many repositories; with options, commit, push and propose it.

    Exit code: 0 nothing found, or all done; 1 findings, refusals, or
    repositories that were left alone or failed; 2 wrong usage.
    """
    from kaniko_split.bulk.commands import run_scan
    from kaniko_split.bulk.settings import MESSAGE, BadSettingsError, Settings, message_from
    from kaniko_split.bulk.shards import shard_from
    from kaniko_split.plan.names import wrong_patterns

    if not folders and not lists and not group:
        raise _Wrong("name a folder, a --list or a --group")
    wrong = wrong_patterns(template_name, job_name)
    if wrong is not None:
        raise _Wrong(wrong)
    share = shard_from(shard, os.environ)
    if share is None:
        raise _Wrong(f"--shard `{shard}`: two numbers, as in 3/20; the first counts from 1 to the second")
    try:
        message = message_from(message_file) if message_file is not None else MESSAGE
    except BadSettingsError as error:
        raise _Wrong(str(error)) from None
    settings = Settings(
        folders=tuple(str(one) for one in folders or ()),
        lists=tuple(lists or ()),
        groups=tuple(group or ()),
        gitlab_url=(gitlab_url or os.environ.get("CI_SERVER_URL") or "https://gitlab.com").rstrip("/"),
        ssh=ssh,
        subgroups=subgroups,
        archived=archived,
        forks=forks,
        code_search=code_search,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        shard=share,
        branch=branch,
        push=push,
        merge_request=merge_request,
        target=target,
        title=title,
        labels=tuple(label or ()),
        draft=draft,
        assign=tuple(assign or ()),
        message=message,
        on_conflict=on_conflict,
        jobs=jobs if jobs is not None else 2 * (os.cpu_count() or 1),
        timeout=timeout,
        rate=rate,
        tries=tries,
        token_file=str(token_file) if token_file is not None else "",
        ci_file=ci_file,
        select=tuple(select or ()),
        template_name=template_name,
        job_name=job_name,
        cached_only=cached_only,
        keep_order=keep_order,
        configured=not no_config,
    )
    raise typer.Exit(run_scan(settings, into, quiet=quiet))


@app.command(epilog="Example: kaniko-split bulk status")
def status(folder: _Journal = _FOLDER) -> None:
    """Tell what is done, open, refused and failed, and why.

    Exit code: as that of the run.
    """
    from kaniko_split.bulk.commands import run_status

    raise typer.Exit(run_status(folder))


@app.command(epilog="Example: kaniko-split bulk retry")
def retry(
    folder: _Journal = _FOLDER,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", help="Repositories at a time [as before].")
    ] = None,
    *,
    skipped: Annotated[bool, typer.Option("--skipped", help="Take those that were left alone too.")] = False,
    quiet: _Quiet = False,
) -> None:
    """Take the failed repositories again, with the options of the last run.

    Exit code: as that of `bulk scan`.
    """
    from kaniko_split.bulk.commands import run_retry

    raise typer.Exit(run_retry(folder, skipped=skipped, jobs=jobs, quiet=quiet))


@app.command(epilog="Example: kaniko-split bulk merge shards/ --into all")
def merge(
    folders: Annotated[
        list[Path], typer.Argument(help="The folders of the runs, or one that holds them.", metavar="DIR...")
    ],
    into: _Into = _FOLDER,
) -> None:
    """Join the journals and the results of several machines.

    Exit code: as that of one run over everything.
    """
    from kaniko_split.bulk.commands import run_merge

    raise typer.Exit(run_merge(folders, into))


class _Wrong(typer.BadParameter):
    """Options that cannot be used as they are."""
