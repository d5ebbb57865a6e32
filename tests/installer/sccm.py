#!/usr/bin/env python3
"""sccm.py - the kit for SCCM knows the agent's State as agent/mirror_paint.c writes it, and says what it does.

Run from the root. Scripts keep to tests/installer/powershell.py; classes of inventory and the tables of docs/sccm.md are
held against the mirror's columns, value by value.
"""
import re
import sys

import mof
import powershell
import sources

KIT = "installer/sccm/"
PAGE = "docs/sccm.md"
SCRIPTS = {  # how many statements print, cmdlets that change something
    "detect.ps1": (1, set()),
    "detect_policy.ps1": (1, set()),
    "compliance_discovery.ps1": (2, set()),
    "compliance_remediation.ps1": (0, {"Set-Service", "Start-Service"}),
}
LEFT_OUT = {"FailedText"}  # 512 bytes, and a column of SCCM has 255 characters
TYPES = {"REG_SZ": "string", "REG_DWORD": "uint32"}
REPORTED = {"sms_report": "TRUE"}


def columns(texts):
    mirror = texts["agent/mirror_paint.c"]
    return sources.columns("AG_MIRROR_MACHINE", mirror), sources.columns("AG_MIRROR_USER", mirror)


def key_of(name, texts):
    return sources.find(r'\b%s\[\] = L"([^"]+)"' % name, texts["agent/mirror_win.c"]).replace("\\\\", "\\")


# ---- scripts -------------------------------------------------------------------------------------

def check_scripts(texts, complaints):
    machine, user = ({column.name for column in part} for part in columns(texts))
    for name, (prints, changes) in SCRIPTS.items():
        script = texts[KIT + name]
        codes = powershell.check(script, machine, user, prints, changes,
                                 lambda what, name=name: complaints.append("%s: %s" % (name, what)))
        head = sources.find(r"\bExit: (.*?)Run as", script)
        if codes != set(re.findall(r"\b\d\b", head)):
            complaints.append("%s: its head names other exit codes" % name)
        # Either it does not look at the registry, or never with 32 bits.
        if "HKLM:" in script and "if ($env:PROCESSOR_ARCHITEW6432) { exit 1 } " not in script:
            complaints.append("%s: may see another registry" % name)
    if "HKLM:\\" + key_of("STATE_KEY", texts) != powershell.STATE_KEY or \
            "HKLM:\\" + key_of("USERS_KEY", texts) != powershell.USERS_KEY:
        complaints.append("powershell.py: State is elsewhere")


def check_facts(texts, complaints):
    """What scripts know of the product."""
    version = sources.find(r"project\(mapi-rollout VERSION ([\d.]+)", texts["CMakeLists.txt"])
    if "$wanted = '%s'\n" % version not in texts[KIT + "detect.ps1"]:
        complaints.append("detect.ps1: the version is not %s" % version)
    discovery = texts[KIT + "compliance_discovery.ps1"]
    failing = re.findall(r"'(\w+)'", sources.find(r"^\$failing = (.*)$", discovery, re.M))
    rows = sources.table_rows(texts["docs/policy-format.md"], "State of one user")
    if sorted(failing) != sorted(row[0].strip("`") for row in rows if row[2] == "failing"):
        complaints.append("compliance_discovery.ps1: other states are failing")
    stamp_s = sources.number("UPDATED_EVERY_S", texts["agent/mirror.c"])
    if int(sources.find(r"^\$hours = (\d+)", discovery, re.M)) * 3600 < 2 * stamp_s:
        complaints.append("compliance_discovery.ps1: State is not stamped that often")
    service = sources.find(r'AG_SERVICE_NAME\[\] = L"(\w+)"', texts["agent/service_win.c"])
    for name in SCRIPTS:
        for named in re.findall(r"-Name '(\w+)'", texts[KIT + name]):
            if named != service:
                complaints.append("%s: the service is called %s" % (name, service))


def check_batch(texts, complaints):
    text = texts[KIT + "drop_policy.cmd"]
    lines = text.split("\r\n")
    if "\n" in "".join(lines) or not text.isascii() or lines[-2:] != ["exit /b 0", ""]:
        complaints.append("drop_policy.cmd: its lines do not end as those of batch files do")
    for line, after in zip(lines, lines[1:]):
        if not line.startswith("rem ") and line.count('"') % 2:
            complaints.append("drop_policy.cmd: a quote is open: %s" % line)
        # Not by "||", which Wine's cmd does not heed; errors of programs may be negative.
        if re.match(r'(cd|copy|move|"%AGENT%") ', line) and after != "if not %errorlevel%==0 exit /b 1":
            complaints.append("drop_policy.cmd: goes on after an error: %s" % line)
    dropped = sources.find(r'DROPPED\[\] = "([^"]+)"', texts["agent/source_file.c"])
    if '"%%TO%%\\policy.new" "%%TO%%\\%s" >nul\r\n' % dropped not in text:
        complaints.append("drop_policy.cmd: the agent looks for %s" % dropped)
    if 'add_line(p, "data directory",' not in texts["agent/status.c"] or '=="data directory"' not in text:
        complaints.append("drop_policy.cmd: status does not say where the data are")


# ---- inventory -----------------------------------------------------------------------------------

def check_properties(where, its, key, wanted, complaints):
    have = [(p.type, p.name) for p in its.properties if "key" not in p.qualifiers]
    if [("string", key)] != [(p.type, p.name) for p in its.properties if "key" in p.qualifiers]:
        complaints.append("%s: its key is not %s alone" % (where, key))
    for pair in wanted:
        if have.count(pair) != 1:
            complaints.append("%s: does not hold %s %s once" % (where, *pair))
    for pair in have:
        if pair not in wanted:
            complaints.append("%s: State has no %s %s" % (where, *pair))


def check_machine_class(its, instance, path, complaints):
    wanted = {"dynprops": True}
    if its.qualifiers != wanted or instance.qualifiers != wanted or instance.values != {"KeyName": "State"}:
        complaints.append("%s: its instance is not one whose values come from elsewhere" % its.name)
    if [p.name for p in instance.properties] != [p.name for p in its.properties if "key" not in p.qualifiers]:
        complaints.append("%s: its instance has other properties" % its.name)
    for p in instance.properties:
        if p.qualifiers != {"propertycontext": "%s|%s" % (path, p.name), "dynamic": True, "provider": "RegPropProv"}:
            complaints.append("%s: %s is read from elsewhere" % (its.name, p.name))


def check_user_class(its, path, complaints):
    if its.qualifiers != {"dynamic": True, "provider": "RegProv", "classcontext": path}:
        complaints.append("%s: its instances come from elsewhere" % its.name)
    for p in its.properties:
        if p.qualifiers != ({"key": True} if p.name == "Sid" else {"propertycontext": p.name}):
            complaints.append("%s: %s is read from elsewhere" % (its.name, p.name))


def check_report_class(its, complaints):
    q = its.qualifiers
    if its.base != "SMS_Class_Template" or q.get("sms_report") != "TRUE" or not q.get("sms_group_name") or \
            not re.fullmatch(r"\w+\|\w+\|\d+\.\d+", str(q.get("sms_class_id"))):
        complaints.append("sms_def.mof: %s is no class that is collected" % its.name)
    if (q.get("sms_context_1"), q.get("sms_context_2")) != ("__ProviderArchitecture=64|uint32",
                                                            "__RequiredArchitecture=true|boolean"):
        complaints.append("sms_def.mof: %s may be read with 32 bits" % its.name)
    for p in its.properties:
        if {name: value for name, value in p.qualifiers.items() if name != "key"} != REPORTED:
            complaints.append("sms_def.mof: %s of %s is not collected" % (p.name, its.name))


def declarations(name, namespace, texts, complaints):
    """The classes of a file by name, and its instances; each class is removed before it is made."""
    try:
        found = mof.read(texts[KIT + name])
    except mof.Malformed as error:
        complaints.append("%s: %s" % (name, error))
        return {}, []
    classes = [d for d in found if isinstance(d, mof.Class)]
    pragmas = [("namespace", [namespace])] + [("deleteclass", [c.name, "NOFAIL"]) for c in classes]
    if [tuple(d) for d in found if isinstance(d, mof.Pragma)] != pragmas or not isinstance(found[0], mof.Pragma):
        complaints.append("%s: its pragmas are others" % name)
    return {c.name: c for c in classes}, [d for d in found if isinstance(d, mof.Instance)]


def check_inventory(texts, complaints):
    machine, user = ([(TYPES[c.type], c.name) for c in part if c.name not in LEFT_OUT] for part in columns(texts))
    wanted = {"MapiRollout_State": ("KeyName", machine), "MapiRollout_User": ("Sid", user)}
    classes, instances = declarations("configuration.mof", r"\\.\root\cimv2", texts, complaints)
    reported, others = declarations("sms_def.mof", r"\\.\root\cimv2\sms", texts, complaints)
    for where, found in (("configuration.mof", classes), ("sms_def.mof", reported)):
        if list(found) != list(wanted):
            complaints.append("%s: its classes are %s" % (where, ", ".join(found)))
            return
        for name, (key, properties) in wanted.items():
            check_properties("%s: %s" % (where, name), found[name], key, properties, complaints)
    if [i.name for i in instances] != ["MapiRollout_State"] or others:
        complaints.append("configuration.mof: its instances are others")
        return
    local = "Local|HKEY_LOCAL_MACHINE\\"
    check_machine_class(classes["MapiRollout_State"], instances[0], local + key_of("STATE_KEY", texts), complaints)
    check_user_class(classes["MapiRollout_User"], local + key_of("USERS_KEY", texts), complaints)
    for its in reported.values():
        check_report_class(its, complaints)


# ---- the page ------------------------------------------------------------------------------------

def check_values(texts, complaints):
    machine, user = columns(texts)
    for heading, part in (("State of the machine", machine), ("State of one user", user)):
        rows = [(row[0].strip("`"), row[1]) for row in sources.table_rows(texts[PAGE], heading)]
        if rows != [tuple(column) for column in part]:
            differing = set(rows) ^ {tuple(column) for column in part}
            complaints.append("%s: %s differs in %s" % (PAGE, heading, ", ".join(sorted(n for n, _ in differing)) or
                                                        "order"))
    rows = sources.table_rows(texts["docs/operations.md"], "State")
    for where, kind, part in (("`State`", "REG_SZ", machine), ("`State`", "REG_DWORD", machine),
                              ("`State\\Users\\<SID>`", "REG_SZ", user), ("`State\\Users\\<SID>`", "REG_DWORD", user)):
        said = [row[1] for row in rows if row[0] == "%s, %s" % (where, kind)]
        names = set(re.findall(r"`([A-Z]\w+)`", said[0])) if len(said) == 1 else set()
        if names - {"Floor"} != {column.name for column in part if column.type == kind}:
            complaints.append("docs/operations.md: State: %s of %s differ" % (kind, where))


def check_kit_table(texts, complaints):
    listed = {}
    for row in sources.table_rows(texts[PAGE], "The kit"):
        for name in re.findall(r"`([\w.]+)`", row[0]):
            listed[name] = row[3]
    files = {path[len(KIT):] for path in texts if path.startswith(KIT)}
    for name in sorted(set(listed) ^ files):
        complaints.append("%s: the kit's %s is not there, or not listed" % (PAGE, name))
    for name in SCRIPTS:
        codes = sources.find(r"\bExit: (.*?)Run as", texts[KIT + name])
        if listed.get(name) != ", ".join(sorted(set(re.findall(r"\b\d\b", codes)))):
            complaints.append("%s: %s has other exit codes" % (PAGE, name))
    for page in ("README.md", "docs/operations.md"):
        if "sccm.md" not in texts[page]:
            complaints.append("%s: does not lead to %s" % (page, PAGE))


def check(texts):
    complaints = []
    for part in (check_scripts, check_facts, check_batch, check_inventory, check_values, check_kit_table):
        part(texts, complaints)
    return complaints


# ---- planted mistakes ----------------------------------------------------------------------------

def mistakes(texts):
    def one(name, expected, file, old, new, count=1):
        return name, expected, sources.spoil(texts, file, old, new, count)

    def script(name, expected, file, old, new):
        return one(name, expected, KIT + file, old, new)
    remedy, discovery, detect = "compliance_remediation.ps1", "compliance_discovery.ps1", "detect.ps1"
    conf, defs = "configuration.mof", "sms_def.mof"
    return [
        script("a quote open", "is not for scripts of ours", discovery, "'no service'", "'no service"),
        script("a brace open", "{ is not closed", discovery, "\n'compliant'\n", "\nif ($why) {\n'compliant'\n"),
        script("a brace too many", "} closes nothing", detect, "exit 0\n", "}\nexit 0\n"),
        script("a text that is expanded", "is not for scripts of ours", detect, "'installed '", '"installed "'),
        script("a pipe", "is not for scripts of ours", discovery, "-join '; '", "-join '; ' | Out-Null"),
        script("a cmdlet that writes", "Set-ItemProperty is not", discovery, "Get-ItemProperty", "Set-ItemProperty"),
        script("a cmdlet that changes", "changes something else", discovery, "$why += 'the service is not running'",
               "Start-Service -Name 'MapiRollout'"),
        script("a remedy that does less", "changes something else", remedy, "{ Start-Service -Name 'MapiRollout' }", "{ }"),
        script("an alias", "begins no statement", remedy, "exit 0\n", "iex\nexit 0\n"),
        script("a word on the screen", "Write-Host is not", detect, "exit 0\n", "Write-Host 'done'\nexit 0\n"),
        script("a second word of detection", "does not print 1 times", detect, "\nexit 0\n", "\n'done'\nexit 0\n"),
        script("a variable on the screen", "begins what prints", detect, "\nexit 0\n", "\n$key\nexit 0\n"),
        script("a cmdlet on the screen", "prints what it finds", detect, "\nexit 0\n", "\nGet-Date\nexit 0\n"),
        script("another type", "the type [string] is not", detect, "[version]$wanted", "[string]$wanted"),
        script("a value that is not there", "reads $machine.Version", "detect_policy.ps1", "$machine.PolicyVersion",
               "$machine.Version"),
        script("a user's value of the machine", "reads $machine.Account", discovery, "$machine.Failed)",
               "$machine.Account)"),
        script("another key", "reads HKLM:", "detect_policy.ps1", r"MapiRollout\State'", r"MapiRollout\Agent'"),
        script("another machine", "$machine is something else", discovery, r"MapiRollout\State' ",
               r"MapiRollout\State\Users' "),
        script("other users", "$user is something else", discovery, r"MapiRollout\State\Users'", r"MapiRollout\State'"),
        script("32 bits", "may see another registry", detect, "{ exit 1 } #", "{ exit 1 }; #"),
        script("another exit code", "its head names other exit codes", remedy, "{ exit 1 }", "{ exit 2 }"),
        script("no exit", "does not end with exit 0", remedy, "\nexit 0\n", "\n"),
        script("on after an error", "goes on after an error", remedy, "'Stop'", "'Continue'"),
        script("another version", "detect.ps1: the version is not", detect, "'0.1.0'", "'0.0.9'"),
        script("another service", "the service is called", remedy, "Start-Service -Name 'MapiRollout'",
               "Start-Service -Name 'MapiRolout'"),
        script("other states", "other states are failing", discovery, "'error', 'mismatch'", "'error', 'blocked'"),
        script("too young", "State is not stamped that often", discovery, "$hours = 3", "$hours = 1"),
        one("a state that fails as well", "other states are failing", "docs/policy-format.md",
            "decided; after one start the evidence contradicts | inconclusive",
            "decided; after one start the evidence contradicts | failing"),
        script("a batch file of Unix", "do not end as those of batch files", "drop_policy.cmd", "\r\n", "\n"),
        script("a path in two halves", "a quote is open", "drop_policy.cmd", '"%TO%\\policy.new" >nul',
               '"%TO%\\policy.new >nul'),
        script("an error not heeded", "goes on after an error", "drop_policy.cmd",
               'check-policy "%FILE%"\r\nif not %errorlevel%==0 exit /b 1', 'check-policy "%FILE%"'),
        one("another name of the file", "the agent looks for offer.jws", "agent/source_file.c", '"policy.jws"',
            '"offer.jws"'),
        one("another word of status", "status does not say", "agent/status.c", '"data directory"', '"data"'),
        one("a column more", "does not hold string Colour once", "agent/mirror_paint.c", '    [AG_USER_HIVE] = {',
            '    [AG_USER_COLOUR] = {"Colour", "colour", AG_MIRROR_TEXT},\n    [AG_USER_HIVE] = {'),
        one("a column of another type", "does not hold uint32 Rule once", "agent/mirror_paint.c", '"rule", AG_MIRROR_TEXT',
            '"rule", AG_MIRROR_DWORD'),
        one("a column more on the page", "docs/sccm.md: State of the machine differs in Pending", "agent/mirror_paint.c",
            '    [AG_MACHINE_PENDING] = {"Pending", "pending", AG_MIRROR_DIGITS},\n', ""),
        script("another key property", "its key is not Sid alone", conf, "[key] string Sid", "[key] string User"),
        script("no key", "its key is not Sid alone", defs, "[SMS_Report(TRUE), key] string Sid",
               "[SMS_Report(TRUE)] string Sid"),
        script("two keys", "its key is not KeyName alone", conf, "    string Stage;", "    [key] string Stage;"),
        script("another name", "State has no string Accounts", conf, "string Account;", "string Accounts;"),
        script("another value", "Account is read from elsewhere", conf, 'PropertyContext("Account")',
               'PropertyContext("Acount")'),
        script("another path", "Stage is read from elsewhere", conf, "State|Stage", "State|Digest"),
        script("another provider", "its instances come from elsewhere", conf, 'Provider("RegProv")',
               'Provider("RegPropProv")'),
        script("another key of users", "its instances come from elsewhere", conf, "\\\\State\\\\Users", "\\\\Users"),
        script("a property without an instance", "its instance has other properties", conf,
               sources.find(r"(    \[Property[^\n]*State\|Pending[^\n]*\n)", texts[KIT + conf]), ""),
        script("not collected", "Stage of MapiRollout_State is not collected", defs, "[SMS_Report(TRUE)] string Stage",
               "[SMS_Report(FALSE)] string Stage"),
        script("read with 32 bits", "may be read with 32 bits", defs, "Architecture=64", "Architecture=32"),
        script("no class of SCCM", "is no class that is collected", defs, " : SMS_Class_Template", ""),
        script("another namespace", "its pragmas are others", defs, "cimv2\\\\sms", "cimv2"),
        script("not removed before", "its pragmas are others", conf,
               '#pragma deleteclass ("MapiRollout_User", NOFAIL)\n', ""),
        script("not well formed", "configuration.mof: ; before", conf, "};\n", "}\n"),
        script("a text not closed", "cannot be read", defs, '"MAPI rollout users"', '"MAPI rollout users'),
        one("a key elsewhere", "State is elsewhere", "agent/mirror_win.c", 'MapiRollout\\\\State"', 'MapiRollout\\\\Seen"'),
        one("a type on the page", "State of one user differs in Rule", PAGE, "| `Rule` | REG_SZ |",
            "| `Rule` | REG_DWORD |"),
        one("a value in the other page", "docs/operations.md: State: REG_DWORD", "docs/operations.md", "`Ours`, ", ""),
        one("a file not listed", "the kit's detect_policy.ps1 is not there, or not listed", PAGE, "| `detect_policy.ps1` |",
            "| `detect_policies.ps1` |"),
        one("exit codes on the page", "detect.ps1 has other exit codes", PAGE, "one line if it is there | 0, 1 |",
            "one line if it is there | 0 |"),
        one("no way to the page", "README.md: does not lead", "README.md", "sccm.md", "scm.md", 9),
    ]


FILES = [KIT + name for name in SCRIPTS] + [
    KIT + "drop_policy.cmd", KIT + "split_bundle.py", KIT + "configuration.mof", KIT + "sms_def.mof", PAGE,
    "docs/operations.md", "docs/policy-format.md", "README.md", "CMakeLists.txt", "agent/mirror.c", "agent/mirror_paint.c", "agent/mirror_win.c",
    "agent/service_win.c", "agent/source_file.c", "agent/status.c"]
contents = {path: sources.read(path) for path in FILES}
sources.fail_if(check(contents))
planted = mistakes(contents)
sources.fail_if(sources.missed(planted, check))
print("ok: %d scripts, %d planted mistakes noticed" % (len(SCRIPTS), len(planted)))
sys.exit(0)
