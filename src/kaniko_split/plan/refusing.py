"""To which refusal does what stands in the way of a split lead?"""

from __future__ import annotations

from kaniko_split.detect.findings import Finding, source_offset
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.gitlab.resolve import UnresolvableError
from kaniko_split.gitlab.script import Section
from kaniko_split.plan.names import NameTakenError
from kaniko_split.plan.needs import NoGateError
from kaniko_split.plan.obstacles import ObstacleError
from kaniko_split.plan.outcome import Refusal
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.source.text import Source

InTheWay = ObstacleError | CannotSliceError | NoGateError | NameTakenError | UnresolvableError


def refusal_of(finding: Finding, error: InTheWay) -> Refusal:
    """Return the refusal of a finding, with the place that `error` is about."""
    job = finding.job
    name = job.entry.key.span.start
    match error:
        case ObstacleError():
            return Refusal(finding, error.code, error.file, error.offset, error.detail)
        case CannotSliceError():
            assert finding.trace is not None  # noqa: S101 (it was sliced)
            if error.code == "script-in-repository" and error.step.second is not None:
                return _in_script(finding, error.step.second)
            file = _step_file(finding, finding.trace, error.step)
            return Refusal(finding, error.code, file, _step_offset(file, finding.trace, error.step), error.detail)
        case NoGateError():
            return Refusal(finding, error.code, job.file, finding.offset, error.detail)
        case NameTakenError():
            return Refusal(finding, "name-taken", job.file, name, str(error))
        case UnresolvableError():
            return Refusal(finding, "unresolvable", job.file, name, str(error))


def too_deep(finding: Finding) -> Refusal:
    """Return the refusal of a finding whose script, or a script that it runs, is nested too deeply to be divided."""
    job = finding.job
    at = job.entry.key.span.start
    return Refusal(finding, "unreadable-script", job.file, at, "its statements are nested too deeply")


def _in_script(finding: Finding, second: tuple[str, str, int]) -> Refusal:
    """Return the refusal that points into a script of the repository."""
    path, text, offset = second
    job = finding.job.file
    shown = job.source.path.removesuffix(job.name) + path if job.source.path.endswith(job.name) else path
    return Refusal(finding, "script-in-repository", PipelineFile(path, Source(shown, text), ()), offset)


def _step_offset(file: PipelineFile, trace: Trace, step: Step) -> int:
    """Return the offset in its file at which a statement begins."""
    return source_offset(file, trace.items[step.item], trace.offset_in(step.item, step.span.start))


def _step_file(finding: Finding, trace: Trace, step: Step) -> PipelineFile:
    """Return the file in which a statement's item is written."""
    from_before = trace.items[step.item].section is Section.BEFORE_SCRIPT
    provided = finding.before_script if from_before else finding.script
    return provided.file if provided is not None and provided.file is not None else finding.job.file
