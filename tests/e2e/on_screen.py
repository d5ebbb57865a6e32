#!/usr/bin/env python3
"""on_screen.py COLUMNSxROWS STEP... -- COMMAND... - run a command on a terminal of its own and look at the screen.

A step is one of
    see=WORDS      until the screen shows these words
    gone=WORDS     until it shows them no more
    run=COMMAND    run a command of the shell, which must end with 0
    size=CxR       make the window larger or smaller
    int            type Ctrl-C
Steps follow each other; each has 60 s. When all are done, the command must end by itself, within 60 s.

The screen is the one that a terminal would show: cursor home, erase, line ends. Prints it, the lines that scrolled away
above it; with RAW=FILE in the environment all bytes go to that file, too. Exits as the command did, or says what went
wrong: also if the terminal is not set as it was before, or a line is wider than the screen.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

BOUND_S = 60
SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """What the bytes so far would show."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""], 0, 0
        self.wraps = 0

    def put(self, text):
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self.control(found.group(1), found.group(2))
                at = found.end()
            else:
                self.next = text[at + 1:at + 20]
                self.character(text[at])
                at += 1

    def top(self):
        return max(0, len(self.lines) - self.rows)

    def control(self, arguments, letter):
        line = self.lines[self.row]
        if letter == "H":
            self.row, self.column = self.top(), 0
        elif letter == "K":
            self.lines[self.row] = line[:self.column]
        elif letter == "J" and arguments == "2":
            self.lines[self.top():] = [""] * (len(self.lines) - self.top())
        elif letter == "J":
            self.lines[self.row] = line[:self.column]
            self.lines[self.row + 1:] = [""] * len(self.lines[self.row + 1:])
        elif letter != "m" and (arguments, letter) not in (("?25", "h"), ("?25", "l")):  # colours; Wine hides the cursor
            sys.exit("on_screen: an escape sequence that this terminal does not know: %r" % (arguments + letter))

    def character(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif c == "\x1b" or (c < " " and c not in "\t\a\b"):
            sys.exit("on_screen: a control character on the screen: %r before %r" % (c, self.next))
        else:
            if self.column == self.columns:
                self.wraps += 1
                self.column = 0
                self.character("\n")
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[:self.column] + c + line[self.column + 1:]
            self.column += 1

    def text(self):
        return "\n".join(self.lines).rstrip("\n") + "\n"


def set_size(terminal, size):
    columns, rows = (int(number) for number in size.split("x"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return columns, rows


class Run:
    def __init__(self, size, command):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            # As from a shell, whoever runs this and ignores what.
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            # Not before the window has its size.
            sys.stdin.buffer.raw.read(1)
            os.execvp(command[0], command)
        self.screen = Screen(*set_size(self.terminal, size))
        self.before = termios.tcgetattr(self.terminal)
        os.write(self.terminal, b"\n")
        self.rest = b""
        self.ended = False
        self.raw = open(os.environ["RAW"], "wb") if "RAW" in os.environ else None

    def read(self, until):
        """Once; False at the end or when the time is over."""
        ready, _, _ = select.select([self.terminal], [], [], max(0, until - time.monotonic()))
        if not ready:
            return False
        try:
            chunk = os.read(self.terminal, 65536)
        except OSError:  # Linux says EIO when the other side is closed
            chunk = b""
        if not chunk:
            self.ended = True
            return False
        if self.raw:
            self.raw.write(chunk)
        self.rest += chunk
        # Whole characters and whole sequences only.
        text = self.rest.decode("utf-8", "ignore")
        cut = re.search(r"\x1b(\[[0-9;?]*)?$", text)
        whole = text[:cut.start()] if cut else text
        self.rest = self.rest[len(whole.encode()):]
        self.screen.put(whole)
        return True

    def until(self, what, condition):
        deadline = time.monotonic() + BOUND_S
        while not condition():
            if not self.read(deadline):
                os.kill(self.pid, 9)
                sys.exit("on_screen: %s within %d s: %s\n%s" % ("ended" if self.ended else "nothing", BOUND_S, what,
                                                              self.screen.text()))

    def step(self, step):
        name, _, words = step.partition("=")
        if name == "see":
            self.until(step, lambda: words in self.screen.text())
        elif name == "gone":
            self.until(step, lambda: words not in self.screen.text())
        elif name == "run":
            subprocess.run(words, shell=True, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        elif name == "size":
            self.screen.columns, self.screen.rows = set_size(self.terminal, words)
        elif name == "int":
            self.after = termios.tcgetattr(self.terminal)
            os.write(self.terminal, b"\x03")
        else:
            sys.exit("on_screen: no step: %s" % step)


def main():
    split = sys.argv.index("--")
    run = Run(sys.argv[1], sys.argv[split + 1:])
    for step in sys.argv[2:split]:
        run.step(step)
    deadline = time.monotonic() + BOUND_S
    after = run.before
    while run.read(deadline):
        after = termios.tcgetattr(run.terminal)
    if not run.ended:
        os.kill(run.pid, 9)
        sys.exit("on_screen: no end within %d s:\n%s" % (BOUND_S, run.screen.text()))
    code = os.waitstatus_to_exitcode(os.waitpid(run.pid, 0)[1])
    # A character of its own fills the last column without a wrap; one more is too much.
    if after[:4] != run.before[:4]:
        sys.exit("on_screen: the terminal is not as it was")
    if run.screen.wraps and "WRAPS" not in os.environ:
        sys.exit("on_screen: %d lines are wider than the screen:\n%s" % (run.screen.wraps, run.screen.text()))
    sys.stdout.write(run.screen.text())
    sys.stdout.flush()
    sys.exit(code)


main()
