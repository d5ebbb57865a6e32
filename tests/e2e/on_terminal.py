#!/usr/bin/env python3
"""on_terminal.py ANSWERS COMMAND... - run a command on a terminal of its own and answer its questions.

ANSWERS are lines separated by "|"; each is typed when the command has asked, that is, when its output ends in ": ".
Prints what appeared on the terminal, so that a test can look for what must not have appeared there, and exits as the
command did.
"""
import os
import pty
import select
import sys
import time

BOUND_S = 30


def main():
    answers = sys.argv[1].split("|")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    seen = b""
    answered = 0
    deadline = time.monotonic() + BOUND_S
    while True:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            os.kill(pid, 9)
            sys.exit("on_terminal: no end within %d s after: %r" % (BOUND_S, seen))
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # Linux says EIO when the other side is closed
            chunk = b""
        if not chunk:
            break
        seen += chunk
        if seen.endswith(b": ") and answered < len(answers):
            os.write(terminal, answers[answered].encode() + b"\n")
            answered += 1
    sys.stdout.buffer.write(seen)
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main()
