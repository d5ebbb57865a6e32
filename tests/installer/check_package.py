"""check_package.py WORK MSI - holds the package's tables, the list of parts and the tree's versions against each other.

WORK has tables/ (msiinfo export), dist/ and inside/ (what the package unpacks to). Run from the root of the tree.
"""
import glob
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import time

work, msi = sys.argv[1:]
failures = []


def expect(what, actual, wanted):
    if actual != wanted:
        failures.append(f"{what}: is {actual!r}, should be {wanted!r}")


def table(name):
    lines = open(f"{work}/tables/{name}", encoding="utf-8").read().splitlines()
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"))) for line in lines[3:] if line]


def by(name, key):
    return {row[key]: row for row in table(name)}


def file_version(path):
    """The four numbers of VS_FIXEDFILEINFO, which begins with a signature and the structure's version 1.0."""
    data = open(path, "rb").read()
    at = data.index(struct.pack("<II", 0xFEEF04BD, 0x00010000))
    high, low = struct.unpack_from("<II", data, at + 8)
    return f"{high >> 16}.{high & 0xffff}.{low >> 16}.{low & 0xffff}"


version = re.search(r"project\(mapi-rollout VERSION ([0-9.]+)", open("CMakeLists.txt").read()).group(1)
guid = re.compile(r"^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$")

# ---- one version everywhere
properties = {row["Property"]: row["Value"] for row in table("Property")}
expect("ProductVersion", properties["ProductVersion"], version)
expect("name of the package", os.path.basename(msi), f"mapi-rollout-agent-{version}-x64.msi")
expect("newest entry of CHANGELOG.md", re.search(r"^## ([0-9.]+)", open("CHANGELOG.md").read(), re.M).group(1), version)
for path in glob.glob(f"{work}/dist/windows/*.exe") + glob.glob(f"{work}/inside/**/*.exe", recursive=True):
    expect(f"version resource of {os.path.basename(path)}", file_version(path), f"{version}.0")
files = by("File", "File")
expect("File.Version of the agent", files["AgentProgram"]["Version"], f"{version}.0")
expect("File.Language of the agent", files["AgentProgram"]["Language"], "1033")
for row in table("Upgrade"):
    expect("Upgrade.VersionMin or VersionMax", row["VersionMin"] or row["VersionMax"], version)

# ---- codes
wxs = open("installer/msi/mapi-rollout-agent.wxs", encoding="utf-8").read()
expect("UpgradeCode never changes", properties["UpgradeCode"], "{3E6A9F52-7D1B-4C08-8A45-0B9C2F7E61D3}")
codes = [properties["ProductCode"], properties["UpgradeCode"]] + [row["ComponentId"] for row in table("Component")]
expect("GUIDs are upper case", [code for code in codes if not guid.match(code)], [])
# A component that gets another code is left behind by the next upgrade.
expect("components", {r["Component"]: (r["ComponentId"], r["Directory_"], r["KeyPath"]) for r in table("Component")}, {
    "Agent": ("{C2F0B7A4-93D5-4E61-8F1C-5A27D90E3B86}", "INSTALLDIR", "AgentProgram"),
    "License": ("{8D4B1E37-60FA-4A92-B7C9-E15F3A08D264}", "INSTALLDIR", "LicenseText")})
expect("GUIDs are different", len(set(codes)), len(codes))
expect("Upgrade codes", {row["UpgradeCode"] for row in table("Upgrade")}, {properties["UpgradeCode"]})

# ---- what passes to the part that runs as LocalSystem, and no more
secure = set(properties["SecureCustomProperties"].split(";"))
public = {"SERVERURL", "ENROLLSECRETFILE", "TRUSTFILE", "ROLLOUT", "CAFILE", "TAGS", "PROXY", "NOSTART", "ONUNINSTALL"}
expect("SecureCustomProperties", secure, public | {"WIX_UPGRADE_DETECTED", "WIX_DOWNGRADE_DETECTED"})
source = open("installer/msi/wish.c", encoding="utf-8").read()
expect("properties that the code reads", set(re.findall(r'\] = \{"([A-Z]+)"', source)), public)
page = open("docs/install.md", encoding="utf-8").read()
expect("properties that docs/install.md lacks", {p for p in public if f"`{p}`" not in page}, set())

# ---- per machine, 64 bits, no restart
expect("ALLUSERS", properties["ALLUSERS"], "1")
expect("REBOOT", properties["REBOOT"], "ReallySuppress")
expect("Restart Manager", properties["MSIRESTARTMANAGERCONTROL"], "Disable")
expect("Apps and Features", [properties[name] for name in ("ProductName", "Manufacturer", "ARPNOMODIFY")],
       ["MAPI over HTTP rollout agent", "mapi-rollout", "1"])
summary = open(f"{work}/tables/summary", encoding="utf-8").read()
expect("Template", re.search(r"Template: (\S+)", summary).group(1), "x64;1033")
# 500: 64 bits and all that the tables use; 2: compressed, and administrators' rights; read-only is recommended.
for name, wanted in {"Version": "500", "Source": "2", "Security": "2"}.items():
    expect(f"summary, {name}", re.search(rf"^{name}: (\d+)", summary, re.M).group(1), wanted)
seconds = int(subprocess.run(["installer/source_date.sh"], capture_output=True, text=True, check=True).stdout)
for name in "Created", "Last saved":
    at = re.search(rf"^{name}: (.*)", summary, re.M).group(1)
    expect(f"summary, {name}", time.strptime(at, "%a %b %d %H:%M:%S %Y"), time.strptime(time.strftime("%c", time.gmtime(seconds))))
expect("cabinet", [(row["Cabinet"], row["DiskId"]) for row in table("Media")], [("#agent.cab", "1")])
expect("components are 64-bit", [r["Component"] for r in table("Component") if not int(r["Attributes"]) & 256], [])

# ---- the service
service = table("ServiceInstall")
expect("services", len(service), 1)
expect("service", [service[0][c] for c in ("Name", "ServiceType", "StartType", "Arguments", "StartName", "Dependencies")],
       ["MapiRollout", "16", "2", "service run", "", ""])
control = table("ServiceControl")[0]
# 1 start at installation, 2 and 32 stop at both, 128 delete at uninstallation
expect("ServiceControl", [control["Event"], control["Wait"]], ["163", "1"])

# ---- actions: their kinds and their places
actions = {row["Action"]: row["Type"] for row in table("CustomAction")}
expect("CustomAction", actions, {
    "CheckProperties": "2049", "CheckLeaving": "2049", "AwaitAgent": "3137", "KeepSettings": "3073", "UndoSettings": "3329",
    "CommitSettings": "3649", "LeaveUsers": "3137", "RemoveTraces": "3649", "ConfigureService": "3090"})
expect("what the actions call", {row["Action"]: (row["Source"], row["Target"]) for row in table("CustomAction")},
       {action: ("Setup", action) for action in actions if action != "ConfigureService"} | {"ConfigureService": ("AgentProgram", "service install")})
sequence = {row["Action"]: int(row["Sequence"]) for row in table("InstallExecuteSequence")}
conditions = {row["Action"]: row["Condition"] for row in table("InstallExecuteSequence")}
order = ["LaunchConditions", "CheckProperties", "CheckLeaving", "InstallInitialize", "RemoveExistingProducts",
         "RemoveTraces", "StopServices", "AwaitAgent", "LeaveUsers", "DeleteServices", "RemoveFiles", "InstallFiles", "UndoSettings",
         "KeepSettings", "CommitSettings", "InstallServices", "ConfigureService", "StartServices", "InstallFinalize"]
expect("order of the actions", sorted(order, key=lambda action: sequence[action]), order)
leaving = 'REMOVE~="ALL" AND NOT UPGRADINGPRODUCTCODE'
for action in "CheckLeaving", "LeaveUsers", "RemoveTraces":
    expect(f"condition of {action}", conditions[action], leaving)
expect("condition of AwaitAgent", conditions["AwaitAgent"], "")
for action in "CheckProperties", "UndoSettings", "KeepSettings", "CommitSettings", "ConfigureService":
    expect(f"condition of {action}", conditions[action], 'NOT REMOVE~="ALL"')
expect("condition of StartServices", conditions["StartServices"], 'NOT NOSTART OR NOSTART = "0"')
expect("launch conditions", sorted(row["Condition"] for row in table("LaunchCondition")),
       sorted(["NOT WIX_DOWNGRADE_DETECTED", "Installed OR VersionNT64", "Installed OR VersionNT >= 603", "Privileged"]))
expect("launch conditions without a sentence", [r for r in table("LaunchCondition") if len(r["Description"]) < 40], [])

# ---- the list of parts
with open(glob.glob(f"{work}/dist/*.cdx.json")[0], encoding="utf-8") as file:
    sbom = json.load(file)
expect("format of the list", [sbom["bomFormat"], sbom["specVersion"]], ["CycloneDX", "1.5"])
expect("version in the list", sbom["metadata"]["component"]["version"], version)
parts = {part["name"]: part for part in sbom["components"]}
used = [line.split() for line in open("build/deps/used.txt")]
for name, upstream, _, digest, *_ in used:
    if name != "cmocka":
        expect(f"{name} in the list", [parts[name]["version"], parts[name]["hashes"][0]["content"]], [upstream, digest])
# Of the machine: every library that the programs themselves ask for, and the compiler's runtime.
asked = {line.split()[1] for path in glob.glob(f"{work}/dist/linux/*") for line in subprocess.run(
    ["objdump", "-p", path], capture_output=True, text=True, check=True).stdout.splitlines() if "NEEDED" in line}
known = {"libmicrohttpd.so.12": "libmicrohttpd", "libgnutls.so.30": "gnutls28", "libsqlite3.so.0": "sqlite3",
         "libc.so.6": "glibc", "ld-linux-x86-64.so.2": "glibc"}
expect("shared objects that no part in the list is known for", asked - set(known), set())
for name in {known[file] for file in asked} | {"mingw-w64", "gcc-mingw-w64"}:
    expect(f"{name} in the list has version and hash", [bool(parts[name]["version"]), len(parts[name]["hashes"][0]["content"])],
           [True, 64])
shared_object = subprocess.run(["gcc", "-print-file-name=libsqlite3.so.0"], capture_output=True, text=True, check=True).stdout
with open(shared_object.strip(), "rb") as file:
    expect("hash of SQLite", parts["sqlite3"]["hashes"][0]["content"], hashlib.sha256(file.read()).hexdigest())
shipped = glob.glob(f"{work}/dist/linux/*") + glob.glob(f"{work}/dist/windows/*") + glob.glob(f"{work}/dist/debian/*")
expect("Debian packages", len(glob.glob(f"{work}/dist/debian/*_{version}_*.deb")), 2)
for path in shipped:
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    expect(f"{os.path.basename(path)} in the list", parts[os.path.basename(path)]["hashes"][0]["content"], digest)
refs = {"mapi-rollout"} | {part["bom-ref"] for part in sbom["components"]}
named = {ref for row in sbom["dependencies"] for ref in [row["ref"], *row["dependsOn"]]}
expect("parts that nothing depends on, or that are not there", named ^ refs, set())

for failure in failures:
    print(f"check_package: {failure}", file=sys.stderr)
sys.exit(1 if failures else 0)
