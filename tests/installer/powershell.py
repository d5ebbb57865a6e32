"""powershell.py - our scripts for SCCM keep to a PowerShell so small that its rules can be checked without Windows.

Texts in single quotes only; no pipe, no call by a text, no alias, no .NET beyond a few types: each word of a script is on a
list. So what a script can read, change and print is seen here. What is checked nowhere but on Windows is listed in
docs/operations.md "Needs Windows".
"""
import re

READING = {"Get-Service", "Get-ItemProperty", "Get-Item", "Get-ChildItem", "Get-Date"}
CHANGING = {"Set-Service", "Start-Service"}  # neither prints anything
KEYWORDS = {"if", "elseif", "else", "foreach", "in", "exit"}
WORDS = {"SilentlyContinue", "Automatic"}
PARAMETERS = {"-Name", "-LiteralPath", "-ErrorAction", "-StartupType"}
OPERATORS = {"-match", "-ge", "-gt", "-eq", "-ne", "-ceq", "-not", "-and", "-join"}
TYPES = {"version", "int64", "datetime"}
MEMBERS = {"ImagePath", "VersionInfo", "FileVersion", "Status", "TotalHours", "ToUniversalTime", "Count", "PSPath"}
STATE_KEY = r"HKLM:\SOFTWARE\MapiRollout\State"
USERS_KEY = STATE_KEY + r"\Users"
SERVICE_KEY = r"HKLM:\SYSTEM\CurrentControlSet\Services\MapiRollout"

TOKEN = re.compile(r"""(?P<blank>[ ]+|\n)|(?P<comment>\#[^\n]*)|(?P<text>'[^'\n]*')|(?P<variable>\$(?:env:)?\w+)
    |(?P<member>\.[A-Za-z]\w*)|(?P<type>\[[a-z]\w*\])|(?P<cmdlet>[A-Z][a-z]+-[A-Z]\w+)|(?P<flag>-[A-Za-z]+)
    |(?P<number>\d+)|(?P<word>[A-Za-z]\w*)|(?P<mark>\+=|[-+=(){}\[\],@;])""", re.X)
ALLOWED = {"cmdlet": READING | CHANGING, "flag": PARAMETERS | OPERATORS, "word": KEYWORDS | WORDS}
CLOSES = {")": "(", "]": "[", "}": "{"}


def tokens(script, complain):
    """(kind, text) of each token that is no blank and no comment; line ends are kept as ("end", "")."""
    found, at = [], 0
    while at < len(script):
        match = TOKEN.match(script, at)
        if match is None:
            complain("line %d: %r is not for scripts of ours" % (script.count("\n", 0, at) + 1, script[at]))
            return []
        if match[0] == "\n":
            found.append(("end", ""))
        elif match.lastgroup not in ("blank", "comment"):
            found.append((match.lastgroup, match[0]))
        at = match.end()
    return found


def check_brackets(found, complain):
    open_ones = []
    for kind, text in found:
        if kind != "mark" or text not in "(){}[]":
            continue
        if text in CLOSES and (not open_ones or open_ones.pop() != CLOSES[text]):
            complain("%s closes nothing" % text)
            return
        if text not in CLOSES:
            open_ones.append(text)
    if open_ones:
        complain("%s is not closed" % open_ones[-1])


def check_words(found, machine, user, complain):
    for (before, owner), (kind, text) in zip([("", "")] + found, found):
        if kind in ALLOWED and text not in ALLOWED[kind]:
            complain("%s is not for scripts of ours" % text)
        elif kind == "type" and text[1:-1] not in TYPES:
            complain("the type %s is not for scripts of ours" % text)
        elif kind == "text" and text[1:].startswith("HK") and text[1:-1] not in (STATE_KEY, USERS_KEY, SERVICE_KEY):
            complain("reads %s" % text[1:-1])
        elif kind == "member":
            names = {"$machine": machine, "$user": user}.get(owner if before == "variable" else "", MEMBERS)
            if text[1:] not in names:
                complain("reads %s%s, which is not there" % (owner, text))


def check_sources(script, complain):
    """What $machine and $user stand for."""
    wanted = {"$machine": "'%s'" % STATE_KEY, "$user": "$key.PSPath"}
    for variable, path in wanted.items():
        for line in re.findall(r"^ *%s \+?= .*$" % re.escape(variable), script, re.M):
            if line.strip() != "%s = Get-ItemProperty -LiteralPath %s -ErrorAction SilentlyContinue" % (variable, path):
                complain("%s is something else" % variable)
    users = "$keys = Get-ChildItem -LiteralPath '%s' -ErrorAction SilentlyContinue\n" % USERS_KEY
    if "$user" in script and (users not in script or "foreach ($key in $keys) {\n" not in script):
        complain("$user is something else")


def statements(found):
    """Lists of tokens between line ends, braces and semicolons."""
    parts = [[]]
    for token in found:
        if token[0] == "end" or (token[0] == "mark" and token[1] in "{};"):
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def check_statements(parts, complain):
    """Only a statement that begins with a text prints: that is all the output there is. Returns how many do."""
    printing = 0
    for part in parts:
        kind, text = part[0]
        if kind == "text":
            printing += 1
        elif kind == "variable":
            if len(part) < 3 or part[1] not in (("mark", "="), ("mark", "+=")):
                complain("%s begins what prints something else" % text)
        elif kind == "cmdlet":
            if text not in CHANGING:
                complain("%s prints what it finds" % text)
        elif kind != "word" or text not in KEYWORDS:
            complain("%s begins no statement of ours" % text)
    if not parts or parts[-1] != [("word", "exit"), ("number", "0")]:
        complain("does not end with exit 0")
    return printing


def exits(parts, script):
    """The exit codes: numbers, and what a variable may be set to according to its line."""
    codes = set()
    for part in parts:
        if part[0] == ("word", "exit"):
            code = part[1][1] if len(part) == 2 else "?"
            codes |= {code} if code.isdigit() else set(
                re.findall(r"^%s = (\d+)\b" % re.escape(code), script, re.M) or ["?"])
    return codes


def check(script, machine, user, prints, changes, complain):
    """Complains of what breaks the rules. machine, user: names of the values of State; prints: how many statements print;
    changes: cmdlets that change something and are wanted. Returns the exit codes."""
    if not script.isascii() or "\t" in script or "\r" in script or any(len(line) > 120 for line in script.split("\n")):
        complain("is not plain text")
    found = tokens(script, complain)
    check_brackets(found, complain)
    check_words(found, machine, user, complain)
    check_sources(script, complain)
    parts = statements(found)
    if check_statements(parts, complain) != prints:
        complain("does not print %d times" % prints)
    if {text for kind, text in found if kind == "cmdlet" and text in CHANGING} != changes:
        complain("changes something else than is wanted")
    if "$ErrorActionPreference = 'Stop'\n" not in script:
        complain("goes on after an error")
    return exits(parts, script)
