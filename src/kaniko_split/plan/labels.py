"""Which word tells each build of a job from the others?

Most images have a name of their own, and that is the word. Others get one from what is said beside it, and those that
share one get more behind it: the first answer that tells them apart. A number stands only where nothing does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaniko_split.kaniko.command import Build
from kaniko_split.plan.traits import (
    ROOT,
    Trait,
    contexts,
    dockerfiles,
    folders,
    image_word,
    names_something,
    not_pushed,
    registries,
    tags,
    targets,
    variable_word,
    variables_in_paths,
    variables_in_tags,
)

_WHAT: tuple[Trait, ...] = (targets, dockerfiles, contexts)
_WHERE: tuple[Trait, ...] = (registries, folders)
_REST: tuple[Trait, ...] = (*_WHERE, tags, variables_in_tags, variables_in_paths)


def image_labels(builds: Sequence[Build]) -> tuple[str, ...]:
    """Return a short word for each build, all of them different.

    That is the last part of the first destination, where it is known and no other build has it. Those that share it
    are told apart by what is built, where it is pushed, and whether it is: `app-debug`, `app-ghcr-io`, `app-tar`. One
    of them may be the plain `app`; where all builds of the job are of one image, what is built needs no `app` before
    it.
    """
    names = _names(builds)
    groups = {name: [number for number, one in enumerate(names) if one == name] for name in names}
    labels = list(names)
    given: frozenset[str] = frozenset()
    # Whoever has a name alone keeps it, whatever the others come to be called.
    for name, members in sorted(groups.items(), key=lambda group: (not group[0], len(group[1]) > 1)):
        found = _told_apart([builds[number] for number in members], name, given, bare=len(groups) == 1)
        given |= set(found)
        for number, one in zip(members, found, strict=True):
            labels[number] = one
    return tuple(labels)


def _names(builds: Sequence[Build]) -> list[str]:
    """Return what each image is called, also where its path does not say so; empty where nothing does."""
    known = [image_word(build) for build in builds]
    names = [name or _name_of_the_same(build, builds, known) for build, name in zip(builds, known, strict=True)]
    unnamed = [number for number, name in enumerate(names) if not name]
    without = [builds[number] for number in unnamed]
    for ask in (targets, dockerfiles, contexts) if len(unnamed) > 1 else ():
        found = ask(without)
        if _are_labels(found, frozenset(names)):
            return _filled_in(names, unnamed, found)
    words = [variable_word(build) for build in without]
    for number, word in zip(unnamed, words, strict=True):
        names[number] = (_own_word(builds[number], frozenset(names)) if words.count(word) == 1 else "") or word
    return names


def _filled_in(names: Sequence[str], at: Sequence[int], found: Sequence[str]) -> list[str]:
    """Return the names with those that were found in their places."""
    more = dict(zip(at, found, strict=True))
    return [more.get(number, name) for number, name in enumerate(names)]


def _own_word(build: Build, names: frozenset[str]) -> str:
    """Return the first answer of a build that nobody is called by."""
    answers = (ask([build])[0] for ask in (contexts, dockerfiles, targets))
    return next((answer for answer in answers if answer and answer not in names), "")


def _name_of_the_same(build: Build, builds: Sequence[Build], names: Sequence[str]) -> str:
    """Return the name of the very image that a build makes anew, as for another registry or to push it after a scan."""
    if variable_word(build) not in {"", ROOT} or build.opaque:
        return ""
    found = {name for other, name in zip(builds, names, strict=True) if name and _makes_the_same(build, other)}
    return found.pop() if len(found) == 1 else ""


def _makes_the_same(build: Build, other: Build) -> bool:
    """Tell whether two builds with one recipe make one image; for one registry they may well make two."""
    one, two = (
        (it.context, it.context_sub_path, it.dockerfile, it.targets, it.build_arguments) for it in (build, other)
    )
    apart = len(set(registries([build, other]))) > 1
    return one == two and bool(build.no_push or other.no_push or apart)


def _told_apart(builds: Sequence[Build], stem: str, given: frozenset[str], *, bare: bool) -> list[str]:
    """Return a label for each of the builds that share a name.

    Args:
        builds: The builds.
        stem: Their name; empty where they have none.
        given: The labels of other builds.
        bare: Whether an answer may stand without the name.
    """
    if len(builds) == 1 and _are_labels([stem], given):
        return [stem]
    for labels in _candidates(builds, stem, bare=bare):
        if _are_labels(labels, given):
            return labels
    for ask in (*_WHAT, not_pushed, *_REST):
        answers = ask(builds)
        if len(set(answers)) > 1:
            return _by_answer(builds, answers, stem, given)
    return _numbered(stem, len(builds), given)


def _candidates(builds: Sequence[Build], stem: str, *, bare: bool) -> Iterator[list[str]]:
    """Yield labels, the best first; they may be empty or the same.

    An answer that all of them give is better than one that leaves the plain name to one of them.
    """
    for ask in _WHAT:
        answers = ask(builds)
        if all(answers):
            yield _alone_or_behind(stem, answers, bare=bare)
    for ask in (*_WHAT, not_pushed):
        yield _behind(stem, ask(builds))
    versions = tags(builds)
    if all(map(names_something, versions)):
        yield _alone_or_behind(stem, versions, bare=bare)
    for ask in _WHERE:
        answers = ask(builds)
        if all(answers):
            yield _behind(stem, answers)
    if all(versions):
        yield _alone_or_behind(stem, versions, bare=bare)
    for ask in _REST:
        yield _behind(stem, ask(builds))


def _alone_or_behind(stem: str, answers: list[str], *, bare: bool) -> list[str]:
    """Return answers that may stand without the name as they are, where they say more than a version does."""
    return answers if bare and (stem == ROOT or all(map(names_something, answers))) else _behind(stem, answers)


def _by_answer(builds: Sequence[Build], answers: Sequence[str], stem: str, given: frozenset[str]) -> list[str]:
    """Ask on among the builds with the same answer."""
    labels = [""] * len(builds)
    for answer in dict.fromkeys(answers):
        alike = [number for number, one in enumerate(answers) if one == answer]
        more = _behind(stem, [answer])[0]
        found = _told_apart([builds[number] for number in alike], more, given, bare=False)
        given |= set(found)
        for number, one in zip(alike, found, strict=True):
            labels[number] = one
    return labels


def _behind(stem: str, answers: Sequence[str]) -> list[str]:
    return ["-".join(filter(None, (stem, answer))) for answer in answers]


def _numbered(stem: str, count: int, given: frozenset[str]) -> list[str]:
    """Return the name with the first numbers that are free."""
    possible = _behind(stem, [str(number) for number in range(1, count + len(given) + 1)])
    return [one for one in possible if one not in given][:count]


def _are_labels(found: Sequence[str], given: frozenset[str]) -> bool:
    return all(found) and len(set(found)) == len(found) and given.isdisjoint(found)
