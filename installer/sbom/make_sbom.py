#!/usr/bin/env python3
"""make_sbom.py VERSION LIBRARIES FILE... - a CycloneDX 1.5 document of what is shipped, on standard output.

LIBRARIES has a line for each library: NAME VERSION DEBIAN_VERSION SHA256 HOW PATCHES; SHA256 is of the upstream tarball
that it was built from, or, where HOW is "shared" or "archive", of the file that was linked with (system_libraries.sh).
FILE: a program or package of ours; its hash is in the document. The same files make the same document: it carries no time, and
its serial number comes from what is in it. Source: CycloneDX specification 1.5, JSON.
"""
import hashlib
import json
import os
import sys
import uuid

LICENSES = {
    "mbedtls": "Apache-2.0", "curl": "curl", "cjson": "MIT", "expat": "MIT", "cmocka": "Apache-2.0",
    "libmicrohttpd": "LGPL-2.1-or-later", "sqlite3": "blessing",
    "gnutls28": "LGPL-2.1-or-later", "glibc": "LGPL-2.1-or-later", "mingw-w64": "ZPL-2.1",
    "gcc-mingw-w64": "GPL-3.0-or-later WITH GCC-exception-3.1",
}
HASH_OF = {
    "shared": "comes from the machine that it runs on; the hash is of the shared object that was linked with",
    "archive": "runtime of the compiler; the hash is of the archive whose parts are linked in",
}
NOT_SHIPPED = {"cmocka"}  # the tests' own
# What is linked into what. The command is the same program on both systems.
INSIDE = {
    "mapi-rollout-agent.exe": ("mbedtls", "curl", "cjson", "expat", "mingw-w64", "gcc-mingw-w64"),
    "mapi-rollout-setup.dll": ("mbedtls", "cjson", "mingw-w64", "gcc-mingw-w64"),
    "mapi-rollout.exe": ("mbedtls", "curl", "cjson", "mingw-w64", "gcc-mingw-w64"),
    "mapi-rollout": ("mbedtls", "curl", "cjson", "glibc"),
    "mapi-rollout-server": ("mbedtls", "cjson", "libmicrohttpd", "gnutls28", "sqlite3", "glibc"),
}


def inside(name):
    if name.endswith(".msi"):
        return ("mapi-rollout-agent.exe", "mapi-rollout-setup.dll")
    if name.endswith(".deb"):
        return (name.split("_")[0],)
    return INSIDE[name]


def library(line):
    name, version, debian, sha256, how, _ = line.split()
    terms = LICENSES[name]
    return {
        "type": "library", "bom-ref": f"library:{name}", "name": name, "version": version,
        "purl": f"pkg:deb/debian/{name}@{debian}?arch=source",
        "description": HASH_OF.get(how, "built from source; the hash is of the upstream tarball"),
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "licenses": [{"expression": terms} if " WITH " in terms else {"license": {"id": terms}}],
        "properties": [{"name": "mapi-rollout:linked", "value": "shared" if how == "shared" else "static"}],
    }


def program(path, version):
    name = os.path.basename(path)
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return {
        "type": "application", "bom-ref": f"file:{name}", "name": name, "version": version,
        "hashes": [{"alg": "SHA-256", "content": digest}], "licenses": [{"license": {"id": "MIT"}}],
    }


def main():
    version, libraries_file, *files = sys.argv[1:]
    with open(libraries_file, encoding="utf-8") as lines:
        libraries = [library(line) for line in lines if line.split()[0] not in NOT_SHIPPED]
    programs = [program(path, version) for path in sorted(files, key=os.path.basename)]
    known = {component["name"] for component in libraries}
    dependencies = [{"ref": "mapi-rollout", "dependsOn": [p["bom-ref"] for p in programs]}]
    for component in programs:
        refs = [f"library:{name}" if name in known else f"file:{name}" for name in inside(component["name"])]
        dependencies.append({"ref": component["bom-ref"], "dependsOn": refs})
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "mapi-rollout", "name": "mapi-rollout",
                                   "version": version, "licenses": [{"license": {"id": "MIT"}}]}},
        "components": libraries + programs, "dependencies": dependencies,
    }
    content = json.dumps(document, sort_keys=True).encode()
    name = uuid.uuid5(uuid.UUID("3e6a9f52-7d1b-4c08-8a45-0b9c2f7e61d3"), hashlib.sha256(content).hexdigest())
    document["serialNumber"] = f"urn:uuid:{name}"
    json.dump(document, sys.stdout, indent=2, sort_keys=True)
    print()


main()
