#!/usr/bin/env python3
"""make_man.py PROGRAM SECTION OUT - a manual page of what PROGRAM says about itself with --help, its commands' too.

So the page cannot say anything else than the program. It has no date: the same program makes the same page.
"""
import os
import re
import subprocess
import sys


def ask(*words):
    answer = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False)
    return answer.stdout.rstrip() if answer.returncode == 0 else None


def escape(line):
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line[:1] in (".", "'") else line


def plain(text):
    """As it stands, in a fixed pitch."""
    return [".nf", *[escape(line) for line in text.splitlines()], ".fi"]


def commands(text):
    """The words of an indented line before its explanation: `hold  resume`, `token add|list|revoke`, `check PLAN`."""
    found = []
    for line in text.splitlines():
        if not re.match(r"^  [a-z]", line):
            continue
        for group in re.split(r"  +", line.strip()):
            words = group.split()
            seconds = words[1].split("|") if len(words) > 1 and re.fullmatch(r"[a-z-]+(\|[a-z-]+)+", words[1]) else [None]
            for second in seconds:
                # `trust new|show` has one page, `token add|list|revoke` three.
                for candidate in ([words[0], second] if second else [words[0]],), ([words[0]],):
                    help_text = ask(*candidate[0])
                    if help_text and help_text != text and candidate[0] not in [c for c, _ in found]:
                        found.append((candidate[0], help_text))
                        break
    return found


def files(section):
    """Where the package of the server puts things; the command has no place of its own."""
    if section != "8":
        return []
    found = [".SH FILES"]
    for path, text in (
            ("/etc/mapi-rollout/server.conf", "settings of the service"),
            ("/etc/mapi-rollout/trust.json", "which keys may sign; the administrator puts it there"),
            ("/etc/mapi-rollout/server.pem, server.key", "certificate and key"),
            ("/etc/mapi-rollout/first-publisher.token", "a publisher's token, made when the package was installed"),
            ("/var/lib/mapi-rollout", "store, released policy, audit")):
        found += [".TP", f".I {escape(path)}", text]
    return found


program, section, out = sys.argv[1:]
program = os.path.abspath(program)
name = os.path.basename(program)
general = ask()
version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
title = re.match(rf"{name}(?: -|:) (.*)", general).group(1).rstrip(".")
lines = [f'.TH {name.upper()} {section} "" "mapi-rollout {version}"', ".SH NAME", escape(f"{name} - {title}"),
         ".SH SYNOPSIS", f".B {escape(name)}", r".I COMMAND \fR[\fIOPTION\fR ...]" if section == "1" else
         r".I OPTION \fR... | \fICOMMAND \fR[\fIOPTION\fR ...]",
         ".SH DESCRIPTION", *plain("\n".join(general.splitlines()[1:]).strip("\n")), ".SH COMMANDS"]
seen = set()
for words, text in commands(general):
    if text in seen:
        continue
    seen.add(text)
    lines += [f".SS {escape(' '.join(words))}", *plain(text)]
lines += files(section)
lines += [".SH EXIT STATUS", "0: done. 1: refused or failed; standard error has one line", ".br",
          escape(f"{name}: CODE at POINTER: sentence."), ".br", "2: it was called in a wrong way.",
          ".SH SEE ALSO", escape("mapi-rollout(1), mapi-rollout-server(8), /usr/share/doc/mapi-rollout*")]
with open(out, "w", encoding="utf-8") as page:
    page.write("\n".join(lines) + "\n")
