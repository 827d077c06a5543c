"""Which command was given, with which options, and with which code does it end?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from kaniko_split.commands.options import Options

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


class _Commands(typer.core.TyperGroup):
    """The commands and the group `bulk`, none of whose options are built before it is asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is mistyped is held against these names.
        named: dict[str, Any] = dict.fromkeys(self.list_commands(None))
        self.commands = named

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all of them, `bulk` last."""
        del ctx
        return [*_registered(), "bulk"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build the options of the one that is asked for; None where there is none of that name."""
        del ctx
        if cmd_name == "bulk":
            from kaniko_split.bulk.cli import app as bulk

            command = typer.main.get_command(bulk)
            command.name = "bulk"
            return command
        info = _registered().get(cmd_name)
        if info is None:
            return None
        return typer.main.get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)


def _registered() -> dict[str, Any]:
    return {info.name or info.callback.__name__: info for info in later.registered_commands if info.callback}


# The commands that `app` builds one at a time.
later = typer.Typer()


app = typer.Typer(
    cls=_Commands,
    context_settings=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Give each Kaniko image of a GitLab pipeline a job of its own.",
    epilog="Example: kaniko-split diff .gitlab-ci.yml | git apply",
)


def _formats() -> list[str]:
    """Name the formats, for the shell to complete."""
    from kaniko_split.report.formats import Format

    return list(Format)


def _codes() -> list[str]:
    """Name the codes of refusals, for the shell to complete."""
    from kaniko_split.plan.refusals import REFUSALS

    return list(REFUSALS)


_Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Files, folders, or - for stdin. Without one: this folder.", metavar="[PATH]..."),
]
_Select = Annotated[
    list[str] | None, typer.Option("--select", metavar="JOB", help="Only these jobs; may hold * and ?.")
]
_Template = Annotated[str | None, typer.Option(metavar="NAME", help="The template's name [.build-image].")]
_JobName = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="The jobs' names, from {job} and {image} [build-{image}]."),
]
_CachedOnly = Annotated[bool, typer.Option("--cached-only", help="Only jobs that use Kaniko's cache.")]
_CiFile = Annotated[
    str | None,
    typer.Option("--ci-file", metavar="FILE", help="The file that GitLab starts from [.gitlab-ci.yml]."),
]
_KeepOrder = Annotated[bool, typer.Option("--keep-order", help="Each new job waits for the one before it.")]
_Explain = Annotated[bool, typer.Option("--explain", help="Also tell how the resolved pipelines differ.")]
_Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        autocompletion=_formats,
        help="text, json, sarif, gitlab, markdown, html or github [text].",
    ),
]
_Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead.")]
_Colour = Annotated[str, typer.Option("--color", metavar="WHEN", help="auto, always or never.")]
_Ignore = Annotated[list[str] | None, typer.Option("--ignore", metavar="JOB", help="Not these jobs; may hold * and ?.")]
_Baseline = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="Pass over what this file says is known.")
]
_NoConfig = Annotated[bool, typer.Option("--no-config", help="Read no configuration file.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what is asked for, and errors.")]


def _version(value: bool) -> None:  # noqa: FBT001 (typer's way to call it)
    if value:
        from kaniko_split import __version__

        typer.echo(f"kaniko-split {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


@later.command(epilog="Example: kaniko-split check .gitlab-ci.yml")
def check(
    paths: _Paths = None,
    *,
    select: _Select = None,
    ignore: _Ignore = None,
    template_name: _Template = None,
    job_name: _JobName = None,
    ci_file: _CiFile = None,
    cached_only: _CachedOnly = False,
    keep_order: _KeepOrder = False,
    explain: _Explain = False,
    form: _Format = None,
    output: _Output = None,
    color: _Colour = "auto",
    baseline: _Baseline = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is found as known, for --baseline.")
    ] = None,
    no_config: _NoConfig = False,
    quiet: _Quiet = False,
) -> None:
    """List jobs that build several images, and what becomes of each.

    Exit code: 0 none, 1 findings, 2 an input that cannot be read.
    """
    options = Options(
        paths=tuple(paths or ()),
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        template_name=template_name,
        job_name=job_name,
        ci_file=ci_file,
        cached_only=cached_only,
        keep_order=keep_order,
        explain=explain,
        colour=color,
        baseline=baseline,
        configured=not no_config,
        quiet=quiet,
    )
    from kaniko_split.commands.check import run_check
    from kaniko_split.commands.reporting import Reporting

    raise typer.Exit(run_check(options, Reporting(form, output), write_baseline=write_baseline))


@later.command(epilog="Example: kaniko-split diff | git apply")
def diff(
    paths: _Paths = None,
    *,
    select: _Select = None,
    ignore: _Ignore = None,
    template_name: _Template = None,
    job_name: _JobName = None,
    ci_file: _CiFile = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the edits as data, for apply --plan.")
    ] = None,
    cached_only: _CachedOnly = False,
    keep_order: _KeepOrder = False,
    explain: _Explain = False,
    form: _Format = None,
    output: _Output = None,
    color: _Colour = "auto",
    baseline: _Baseline = None,
    no_config: _NoConfig = False,
    quiet: _Quiet = False,
) -> None:
    """Show the proved changes as a patch; write nothing.

    Exit code: 0 nothing to do, 1 changes or refusals, 2 an input that cannot be read.
    """
    options = Options(
        paths=tuple(paths or ()),
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        template_name=template_name,
        job_name=job_name,
        ci_file=ci_file,
        cached_only=cached_only,
        keep_order=keep_order,
        explain=explain,
        colour=color,
        baseline=baseline,
        configured=not no_config,
        quiet=quiet,
    )
    from kaniko_split.commands.diff import run_diff
    from kaniko_split.commands.reporting import Reporting

    raise typer.Exit(run_diff(options, Reporting(form, output), plan=plan))


@later.command(epilog="Example: kaniko-split apply --interactive")
def apply(
    paths: _Paths = None,
    *,
    select: _Select = None,
    ignore: _Ignore = None,
    template_name: _Template = None,
    job_name: _JobName = None,
    ci_file: _CiFile = None,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make the edits of this plan, and no others.")
    ] = None,
    undo: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave a patch that gives back what was there.")
    ] = None,
    cached_only: _CachedOnly = False,
    keep_order: _KeepOrder = False,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Show each job's diff and ask.")] = False,
    allow_refusals: Annotated[
        bool, typer.Option("--allow-refusals", help="Exit with 0 although a job is refused.")
    ] = False,
    color: _Colour = "auto",
    baseline: _Baseline = None,
    no_config: _NoConfig = False,
    quiet: _Quiet = False,
) -> None:
    """Write the proved changes; with - as path, from stdin to stdout.

    Exit code: 0 all done or nothing to do, 1 something refused, 2 an input
    that cannot be read or written.
    """
    options = Options(
        paths=tuple(paths or ()),
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        template_name=template_name,
        job_name=job_name,
        ci_file=ci_file,
        cached_only=cached_only,
        keep_order=keep_order,
        colour=color,
        baseline=baseline,
        configured=not no_config,
        quiet=quiet,
    )
    if plan is not None:
        from kaniko_split.commands.planned import run_planned

        raise typer.Exit(run_planned(plan, options, interactive=interactive, allow_refusals=allow_refusals, undo=undo))
    from kaniko_split.commands.apply import run_apply

    raise typer.Exit(run_apply(options, interactive=interactive, allow_refusals=allow_refusals, undo=undo))


@later.command(epilog="Example: kaniko-split explain value-differs")
def explain(
    code: Annotated[str, typer.Argument(autocompletion=_codes, help="A code, as check prints it in brackets.")],
) -> None:
    """Tell what a refusal's code means and what to do by hand."""
    from kaniko_split.commands.explain import run_explain

    raise typer.Exit(run_explain(code))


def main() -> None:
    """Run the command line."""
    app(prog_name="kaniko-split", args=sys.argv[1:])
