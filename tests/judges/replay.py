"""Does each build, and each effect outside, that ran before run after, once and in the same surroundings?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from judges import records, surroundings
from judges.artifacts import compare_artifacts, left_behind, left_variables
from judges.failures import Sampled, compare_failures
from judges.meaning import Division, child_includes, find_divisions
from judges.resolver import Resolved
from judges.running import Setting, providers, run_all
from judges.sandbox import Outcome, RefusedError


@dataclass(frozen=True)
class Sides:
    """A repository, with one of its pipelines as it is resolved before and after the split.

    Both sides are replayed in the repository as it was before, as the pipeline's own text is part of many a
    context.
    """

    folder: Path
    before: Resolved
    after: Resolved


@dataclass(frozen=True)
class Replayed:
    """What a replay found, how many builds it recorded before, and how many failures it injected."""

    complaints: tuple[str, ...]
    builds: int
    failures: int = 0


def replay(sides: Sides, box: Path) -> Replayed:
    """Replay the jobs that were split, in all shells and for all events that concern them."""
    divisions = find_divisions(sides.before, sides.after)
    if not divisions:
        return Replayed((), 0)
    text = surroundings.text_of((sides.before, sides.after))
    settings = [
        Setting(sides.folder, box, text, event, shell)
        for shell in surroundings.shells_for(text)
        for event in surroundings.events_for(text)
    ]
    # What fails does so alike in all shells, and takes time; the last shell is the one that knows the most.
    chosen = next(setting for setting in settings if setting.shell == settings[-1].shell)
    if surroundings.varies(sides.before):
        settings.append(replace(chosen, varied=True))
    replays = [_compare(sides, divisions, setting, inject=setting is chosen) for setting in settings]
    complaints = [sentence for found in replays for sentence in found.complaints]
    builds = max(found.builds for found in replays)
    if builds == 0 and not complaints:
        names = ", ".join(repr(division.origin) for division in divisions)
        complaints.append(f"No build of {names} was recorded before the split, so the replay proves nothing.")
    failures = sum(found.failures for found in replays)
    return Replayed(tuple(dict.fromkeys(complaints)), builds, failures)


def _compare(sides: Sides, divisions: Sequence[Division], setting: Setting, *, inject: bool) -> Replayed:
    origins = [division.origin for division in divisions]
    parts = [name for division in divisions for name in division.everything]
    try:
        old = run_all(sides.before, origins, setting)
        new = run_all(sides.after, parts, setting)
    except RefusedError as refusal:
        return Replayed((f"The replay is refused: {refusal}",), 0)
    complaints = []
    for name, outcome in {**old, **new}.items():
        if outcome.status is None:
            complaints.append(f"Job {name!r} was still running when the replay stopped it.")
        complaints += [f"Job {name!r} reached out of the sandbox: {escape}." for escape in outcome.escapes]
    for division in divisions:
        complaints += _compare_endings(division, old, new)
        job = sides.before.jobs[division.origin]
        complaints += compare_artifacts(division, job, old, new, setting.folder)
        complaints += _lost_downloads(division, sides, new, setting)
        complaints += _other_child_files(division, sides, old, new)
    before, after = [old[name] for name in origins], [new[name] for name in parts]
    builds = records.forms_of_builds(before)
    complaints += records.differences("Build", builds, records.forms_of_builds(after))
    complaints += records.differences("Effect", records.forms_of_effects(before), records.forms_of_effects(after))
    commands, commands_after = records.other_commands(before), records.other_commands(after)
    if commands.keys() == commands_after.keys():
        complaints += [
            f"Command {command} runs with another environment: {', '.join(sorted(names))}."
            for command in sorted(commands)
            if (names := records.environment_difference(commands[command], commands_after[command]))
        ]
    complaints += [f"Command lost: {command}." for command in sorted(commands.keys() - commands_after.keys())]
    complaints += [
        f"Command that did not run before: {command}." for command in sorted(commands_after.keys() - commands.keys())
    ]
    if not inject or complaints:
        return Replayed(tuple(complaints), len(builds))
    injected = compare_failures(Sampled(sides.before, origins, old), Sampled(sides.after, parts, new), setting)
    return Replayed(injected.complaints, len(builds), injected.failures)


def _compare_endings(division: Division, old: Mapping[str, Outcome], new: Mapping[str, Outcome]) -> list[str]:
    complaints = []
    status = old[division.origin].status
    failed = {name: new[name].status for name in division.everything if new[name].status != 0}
    if status == 0:
        complaints += [
            f"Job {name!r} ends with status {number}, and {division.origin!r} ended with 0:"
            f" {new[name].errors.strip()[-200:]}"
            for name, number in failed.items()
        ]
    elif not failed:
        complaints.append(f"Job {division.origin!r} ended with status {status}, and no job does after the split.")
    for name in division.everything:
        count = sum(records.is_build(record) for record in new[name].records)
        if count > 1:
            complaints.append(f"Job {name!r} came out of the split and still runs {count} builds.")
    return complaints


def _other_child_files(
    division: Division, sides: Sides, old: Mapping[str, Outcome], new: Mapping[str, Outcome]
) -> list[str]:
    """Name the jobs that make a child pipeline of another file than before."""
    complaints = []
    for name, job in sides.before.jobs.items():
        paths = [one["artifact"] for one in child_includes(job) if one["job"] == division.origin]
        givers = {one["artifact"]: one["job"] for one in child_includes(sides.after.jobs.get(name, {}))}
        for path in paths:
            giver = new.get(givers.get(path, ""))
            if giver is None or giver.files.get(path) != old[division.origin].files.get(path):
                complaints.append(f"Job {name!r} makes a child pipeline of another {path!r}.")
    return complaints


def _lost_downloads(division: Division, sides: Sides, new: Mapping[str, Outcome], setting: Setting) -> list[str]:
    """Name the jobs that got what the old job left, and do not get all that the new ones leave."""
    job = sides.before.jobs[division.origin]
    leaving = {
        name: {*left_variables(job, new[name]).items(), *left_behind(job, new[name], setting.folder).items()}
        for name in division.everything
    }
    complaints = []
    for name in sides.before.jobs.keys() & sides.after.jobs.keys() - set(division.everything):
        if division.origin in providers(name, sides.before):
            given = {entry for part in providers(name, sides.after) for entry in leaving.get(part, ())}
            complaints += [
                f"Job {name!r} got what {division.origin!r} left, and does not get what {part!r} leaves."
                for part, left in leaving.items()
                if not left <= given
            ]
    return complaints
