"""Which words of a command are options, values and operands?"""

from __future__ import annotations

from collections.abc import Mapping

from kaniko_split.programs.row import Option, Usage
from kaniko_split.source.patterns import Pattern

# These values begin with a slash, a letter or a digit, and have no spaces (GitLab, "Predefined CI/CD variables").
_NO_OPTION = Pattern(
    r"\$\{?(?:CI_PROJECT_\w+|CI_COMMIT_(?:SHA|SHORT_SHA|REF_NAME|REF_SLUG|TAG|BRANCH|TIMESTAMP)|CI_BUILDS_DIR|CI_SERVER_\w+"
    r"|CI_REGISTRY\w*|CI_API_V4_URL|CI_API_GRAPHQL_URL|CI_PIPELINE_I?ID|CI_JOB_ID|CI_JOB_TOKEN|CI_JOB_URL|CI_PIPELINE_URL"
    r"|CI_DEFAULT_BRANCH|HOME|PWD|OLDPWD|TMPDIR)\}?(?![\w{:#%/])"
)
_EXPANSION = Pattern(r"\$\w+|\$\{[^{}]*\}|\$\([^()]*\)|`[^`]*`|\$[@*-]")
# POSIX, "Special Parameters".
_NUMBERS = ("$?", "$#", "$$", "$!")


def is_certain(word: str) -> bool:
    """Tell whether a word is known as it is: no expansion, and no glob."""
    return not any(mark in word for mark in "$`*?[")


def holds_expansion(word: str) -> bool:
    """Tell whether a part of a word is not known."""
    return "$" in word or "`" in word


def may_be_option(word: str) -> bool:
    """Tell whether a word that is not known may turn out to be an option, or several words.

    It may where it begins with an expansion, unless the word goes on as a path, an image or a host (`$DIR/a`,
    `$IMAGE:1`, `$USER@host`) or has a blank outside of an expansion (it is quoted, and no option has one).
    """
    if not word.startswith(("$", "`")) or word.startswith(_NUMBERS) or _NO_OPTION.match(word):
        return False
    end = 0
    while match := _EXPANSION.match(word, end):
        end = match.end()
    rest = _EXPANSION.sub("", word)
    return not (end and word.startswith(("/", ":", "@"), end)) and not any(map(str.isspace, rest))


def usage_of(
    words: tuple[str, ...],
    table: Mapping[str, Option],
    *,
    stops: bool = False,
    single: bool = False,
    any_options: bool = False,
) -> Usage | None:
    """Sort a command's words; None where one of them is an option that the table does not list.

    Args:
        words: The words after the program's name.
        table: Its options by their spellings.
        stops: Options end at the first operand.
        single: Options of several letters begin with one dash.
        any_options: An option that the table does not list is a word without a role.
    """
    options: list[tuple[Option, str]] = []
    operands: list[str] = []
    unsure: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            operands.extend(words[at:])
            break
        if not word.startswith("-") or word == "-":
            if may_be_option(word):
                unsure.append(word)
            operands.append(word)
            if stops:
                operands.extend(words[at:])
                break
            continue
        given = _option(word, table, single=single)
        if given is None:
            if not any_options or word.startswith(("-$", "-`")) or _is_abbreviation(word, table):
                return None
            continue
        options.extend(given)
        option, value = given[-1]
        wanted = int(option.takes_value and value == "" and "=" not in word) + option.takes_two
        if wanted:
            if at + wanted > len(words):
                return None
            at += wanted
            options[-1] = (option, words[at - 1])
    marks = tuple(mark for option, _ in options for mark in option.marks)
    return Usage(tuple(options), tuple(operands), marks, tuple(unsure))


def _is_abbreviation(word: str, table: Mapping[str, Option]) -> bool:
    """Tell whether a long option may be short for one of the table's, as GNU's getopt_long and git allow."""
    name = word.partition("=")[0]
    return name.startswith("--") and any(listed.startswith(name) for listed in table)


def _option(word: str, table: Mapping[str, Option], *, single: bool) -> list[tuple[Option, str]] | None:
    """Return the options of one word; the last one has an empty value where the next word is its value."""
    name, equals, value = word.partition("=")
    if single and word.startswith("--") and name not in table:
        name = name[1:]
    if word.startswith("--") or single:
        option = table.get(name)
        if option is None or (equals and not (option.takes_value or option.optional)):
            return None
        return [(option, value)]
    if "-#" in table and word[1:].isdigit():
        return [(table["-#"], "")]
    # A group of short options; the value of one is the rest of the word.
    given: list[tuple[Option, str]] = []
    for at, letter in enumerate(word[1:], start=2):
        option = table.get(f"-{letter}")
        if option is None:
            return None
        if option.takes_value or option.optional:
            rest = word[at:]
            return [*given, (option, rest)]
        given.append((option, ""))
    return given
