#!/usr/bin/env python3
"""Runs what the docs show, and holds their links and tables to the code.

    docs_test.py SOURCE_DIR MIDIMON GUESTS

- Every link to a file in a .md of ours leads somewhere.
- Every ```sh block that starts with "# runs" is run in an empty directory, with midimon, the guests
  ($GUESTS) and the sources ($SOURCE) at hand, and must succeed. One that starts with "# goes on" is
  run where the one before it ended.
- A block of another kind whose first line is a comment with a file's name is there under that name.
- The functions in docs/abi.md and docs/wasi.md are those that the tables have.
- Every test and source that docs/security.md names is there.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE, MIDIMON, GUESTS = map(pathlib.Path, sys.argv[1:4])
problems = []


def pages():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            cwd=SOURCE, capture_output=True, text=True, check=True).stdout.split()
    return [SOURCE / name for name in listed]


def check_links(page, text):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
            problems.append(f"{page.relative_to(SOURCE)}: the link to {target} leads nowhere")


def write_files(text, work):
    for block in re.findall(r"```(?:c|cpp|toml)\n(.*?)```", text, re.S):
        name = re.match(r"(?://|#) ([\w.-]+)\n", block)
        if name:
            (work / name.group(1)).write_text(block)
    (work / "sdk").symlink_to(SOURCE / "sdk")


def run_blocks(page, text):
    stories = []
    for kind, block in re.findall(r"```sh\n# (runs|goes on)\n(.*?)```", text, re.S):
        if kind == "runs":
            stories.append([])
        stories[-1].append(block)
    for story in stories:
        with tempfile.TemporaryDirectory() as work:
            run_story(page, text, story, work)
    return sum(map(len, stories))


def run_story(page, text, blocks, work):
    write_files(text, pathlib.Path(work))
    env = dict(os.environ, SOURCE=str(SOURCE), GUESTS=str(GUESTS),
               MIDIMON_HOME=f"{work}/home", PATH=f"{MIDIMON.parent}:{os.environ['PATH']}")
    where = pathlib.Path(work, ".where")
    where.write_text(work)
    for block in blocks:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", f"{block}\npwd > {where}"],
                              cwd=where.read_text().strip(), env=env,
                              capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            problems.append(f"{page.relative_to(SOURCE)}: this block exits with {done.returncode}:\n"
                            f"{block}{done.stdout}{done.stderr}")
            return


def rows(source):
    """The rows of a table: of one file, or of all that the pattern names."""
    text = "".join(file.read_text() for file in SOURCE.glob(source))
    return set(re.findall(r'host_function<\w+>\("(\w+)"\)', text))


def check_functions(page, source):
    section = re.split(r"^## Functions", (SOURCE / page).read_text(), flags=re.M)[1]
    documented = set(re.findall(r"^\| `(\w+)`", section, re.M))
    for name in sorted(rows(source) ^ documented):
        problems.append(f"{page}: `{name}` is in one of it and {source} but not in the other")


def test_names():
    """Suite.Name of every test in the sources; of a parameterized one without its parameters."""
    names = set()
    for folder in ("src", "tests", "plugins"):
        for file in (SOURCE / folder).rglob("*_test.cc"):
            names |= {f"{suite}.{name}" for suite, name in re.findall(
                r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", file.read_text(), re.M)}
    return names


def check_tests(page):
    """`Suite.Name`, `Suite.Begin…` and `folder/file` in the tables of promises."""
    text = re.split(r"^## Promises", (SOURCE / page).read_text(), flags=re.M)[1]
    shown = [row.rsplit("|", 2)[1] for row in text.splitlines() if row.count("|") >= 4]
    tests, found = test_names(), 0
    for name in re.findall(r"`([^`]+)`", " ".join(shown)):
        found += 1
        if "/" in name:
            there = (SOURCE / name).exists()
        elif name.endswith("…"):
            there = any(test.startswith(name[:-1]) for test in tests)
        else:
            there = name in tests
        if not there:
            problems.append(f"{page}: there is no test or file {name}")
    if found == 0:
        problems.append(f"{page}: it names no test")


blocks = 0
for md in pages():
    content = md.read_text()
    check_links(md, content)
    blocks += run_blocks(md, content)
check_functions("docs/abi.md", "src/hostapi/*.cc")
check_functions("docs/wasi.md", "src/wasi/table.cc")
check_tests("docs/security.md")
if blocks == 0:
    problems.append("no block of any page was run")
print("\n".join(problems) if problems else f"{blocks} blocks run, all links and tables hold")
sys.exit(1 if problems else 0)
