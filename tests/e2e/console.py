#!/usr/bin/env python3
"""console.py - what a page shows of a console is what the program prints.

    console.py PAGE.md DIRECTORY PROGRAM           runs each `$ mapi-rollout ...` of the fences ```console, in DIRECTORY
    console.py --write PAGE.md DIRECTORY PROGRAM   and writes what it printed into the page

Standard output and standard error are shown as a terminal has them. A command may go on in the next line behind a
backslash. `$ echo $?` behind a command shows its exit code; else it must be 0.
"""
import os
import re
import shlex
import subprocess
import sys

FENCE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def commands_of(fence):
    """[[command lines, what is shown]]"""
    found = []
    for line in fence.splitlines(keepends=True):
        goes_on = found and not found[-1][1] and found[-1][0].endswith("\\\n")
        if goes_on:
            found[-1][0] += line
        elif line.startswith("$ "):
            found.append([line, ""])
        elif found:
            found[-1][1] += line
        else:
            sys.exit("console.py: a fence that does not begin with a command: %s" % line)
    return found


def run(command, directory, program):
    words = shlex.split(command[2:].replace("\\\n", " "))
    if words[0] != "mapi-rollout":
        sys.exit("console.py: only mapi-rollout is run, not %s" % words[0])
    done = subprocess.run([program] + words[1:], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def replay(fence, directory, program):
    """The fence as it should be."""
    out, code = "", 0
    for command, shown in commands_of(fence):
        if command == "$ echo $?\n":
            out += "%s%d\n" % (command, code)
            code = 0
            continue
        if code != 0:
            sys.exit("console.py: exit code %d, and the page does not say so: %s" % (code, out))
        code, printed = run(command, directory, program)
        out += command + printed
    if code != 0:
        sys.exit("console.py: exit code %d, and the page does not say so: %s" % (code, out))
    return out


def main(page, directory, program, write):
    text = open(page, encoding="utf-8").read()
    program = os.path.abspath(program)
    wrong = 0
    fences = FENCE.findall(text)
    for fence in fences:
        should = replay(fence, directory, program)
        if should != fence:
            wrong += 1
            print("---- the page shows\n%s---- the program prints\n%s" % (fence, should))
            text = text.replace("```console\n%s```" % fence, "```console\n%s```" % should)
    if write:
        open(page, "w", encoding="utf-8").write(text)
    elif wrong:
        sys.exit("console.py: %d of %d fences differ (--write puts them right: look at the difference)" % (wrong, len(fences)))
    if not fences:
        sys.exit("console.py: the page shows no console")
    print("%d fences" % len(fences))


arguments = [a for a in sys.argv[1:] if a != "--write"]
if len(arguments) != 3:
    sys.exit("console.py: say PAGE.md DIRECTORY PROGRAM")
main(*arguments, write="--write" in sys.argv)
