#!/usr/bin/env python3
"""admx.py - the template of machine policy is what the agent reads, and what Windows expects of a template.

Run from the root. What Windows expects is the order and the attributes of the published schema of ADMX files, as far as
our template uses it: an element or attribute that is not listed here is a mistake until it is.
"""
import re
import sys
import xml.etree.ElementTree as ET

import sources

NAMESPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
ADMX = "installer/admx/mapi-rollout.admx"
ADML = "installer/admx/en-US/mapi-rollout.adml"
TEXT_MOST = 1023  # what the editor takes by default, and where lists and texts behave alike
UTF8_MOST = 3     # bytes of one UTF-16 unit

# Element: its children in their order with how often at least and at most, attributes it must have, those it may have.
MANY = 1000
SHAPES = {
    "policyDefinitions": ([("policyNamespaces", 1, 1), ("resources", 1, 1), ("supportedOn", 1, 1),
                           ("categories", 1, 1), ("policies", 1, 1)], {"revision", "schemaVersion"}, set()),
    "policyNamespaces": ([("target", 1, 1)], set(), set()),
    "target": ([], {"prefix", "namespace"}, set()),
    "resources": ([], {"minRequiredRevision"}, set()),
    "supportedOn": ([("definitions", 1, 1)], set(), set()),
    "definitions": ([("definition", 1, MANY)], set(), set()),
    "definition": ([], {"name", "displayName"}, set()),
    "categories": ([("category", 1, MANY)], set(), set()),
    "category": ([("parentCategory", 0, 1)], {"name", "displayName"}, {"explainText"}),
    "parentCategory": ([], {"ref"}, set()),
    "policies": ([("policy", 1, MANY)], set(), set()),
    "policy": ([("parentCategory", 1, 1), ("supportedOn:reference", 1, 1), ("elements", 1, 1)],
               {"name", "class", "displayName", "explainText", "presentation", "key"}, set()),
    "supportedOn:reference": ([], {"ref"}, set()),
    "text": ([], {"id", "valueName", "required", "maxLength"}, set()),
    "multiText": ([], {"id", "valueName", "required", "maxLength", "maxStrings"}, set()),
    "enum": ([("item", 2, MANY)], {"id", "valueName", "required"}, set()),
    "item": ([("value", 1, 1)], {"displayName"}, set()),
    "value": ([("string:value", 1, 1)], set(), set()),
    "string:value": ([], set(), set()),
    "policyDefinitionResources": ([("displayName", 1, 1), ("description", 1, 1), ("resources:texts", 1, 1)],
                                  {"revision", "schemaVersion"}, set()),
    "displayName": ([], set(), set()),
    "description": ([], set(), set()),
    "resources:texts": ([("stringTable", 1, 1), ("presentationTable", 1, 1)], set(), set()),
    "stringTable": ([("string", 1, MANY)], set(), set()),
    "string": ([], {"id"}, set()),
    "presentationTable": ([("presentation", 1, MANY)], set(), set()),
    "textBox": ([("label", 1, 1)], {"refId"}, set()),
    "label": ([], set(), set()),
    "multiTextBox": ([], {"refId"}, {"defaultHeight"}),
    "dropdownList": ([], {"refId", "noSort", "defaultItem"}, set()),
}
# One of these each, which no order describes.
CHOICES = {"elements": {"text", "multiText", "enum"}, "presentation": {"textBox", "multiTextBox", "dropdownList"}}
CHOICE_ATTRIBUTES = {"elements": set(), "presentation": {"id"}}
# The same name in two places.
ALIASES = {("policy", "supportedOn"): "supportedOn:reference", ("value", "string"): "string:value",
           ("policyDefinitionResources", "resources"): "resources:texts"}
HOLD_TEXT = {"string:value", "displayName", "description", "string", "label", "multiTextBox", "dropdownList"}
BOX_OF = {"text": "textBox", "multiText": "multiTextBox", "enum": "dropdownList"}


def local(tag):
    return tag.split("}")[1] if tag.startswith("{%s}" % NAMESPACE) else tag


def parse(name, text, complaints):
    if text.startswith("\ufeff") or "\r" in text or not text.startswith('<?xml version="1.0" encoding="utf-8"?>\n'):
        complaints.append("%s: does not begin as UTF-8 XML of ours does" % name)
    if re.search(r"[^\n\x20-\x7e]", text):
        complaints.append("%s: holds more than ASCII" % name)
    try:
        return ET.fromstring(text.encode())
    except ET.ParseError as error:
        complaints.append("%s: not well formed: %s" % (name, error))
        return None


# ---- structure -----------------------------------------------------------------------------------

def check_attributes(where, element, needed, allowed, complaints):
    have = set(element.attrib)
    for attribute in sorted(needed - have):
        complaints.append("%s: lacks the attribute %s" % (where, attribute))
    for attribute in sorted(have - needed - allowed):
        complaints.append("%s: has the attribute %s" % (where, attribute))


def check_order(where, kinds, children, complaints):
    at = 0
    for name, least, most in children:
        count = 0
        while at < len(kinds) and kinds[at] == name:
            count, at = count + 1, at + 1
        if not least <= count <= most:
            complaints.append("%s: has %d of %s" % (where, count, name))
    if at < len(kinds):
        complaints.append("%s: %s does not belong there" % (where, kinds[at]))


def check_shape(element, kind, where, complaints):
    names = [local(child.tag) for child in element]
    if kind in CHOICES:
        check_attributes(where, element, CHOICE_ATTRIBUTES[kind], set(), complaints)
        if len(names) != 1 or names[0] not in CHOICES[kind]:
            complaints.append("%s: must hold one of %s" % (where, ", ".join(sorted(CHOICES[kind]))))
            return
        kinds = names
    elif kind not in SHAPES:
        complaints.append("%s: there is no element %s" % (where, kind))
        return
    else:
        children, needed, allowed = SHAPES[kind]
        kinds = [ALIASES.get((kind, name), name) for name in names]
        check_attributes(where, element, needed, allowed, complaints)
        check_order(where, kinds, children, complaints)
    if (kind in HOLD_TEXT) != bool((element.text or "").strip()):
        complaints.append("%s: %s" % (where, "is empty" if kind in HOLD_TEXT else "holds a text"))
    for child, child_kind in zip(element, kinds):
        name = child.get("name") or child.get("id") or child.get("refId") or ""
        check_shape(child, child_kind, "%s/%s%s" % (where, local(child.tag), "(%s)" % name if name else ""), complaints)


# ---- references ----------------------------------------------------------------------------------

def check_unique(what, names, complaints):
    for name in sorted({name for name in names if names.count(name) > 1}):
        complaints.append("two %s are called %s" % (what, name))
    for name in names:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            complaints.append("%s is no name for one of the %s" % (name, what))


def check_references(what, used, there, complaints):
    for name in sorted(set(used) - set(there)):
        complaints.append("%s: there is no %s" % (what, name))
    for name in sorted(set(there) - set(used)):
        complaints.append("%s: nobody uses %s" % (what, name))


def check_texts(admx, adml, complaints):
    ids = {kind: [e.get("id") for e in adml.iter("{%s}%s" % (NAMESPACE, kind))] for kind in ("string", "presentation")}
    used = {"string": [], "presentation": []}
    for element in admx.iter():
        for attribute, value in element.attrib.items():
            found = re.fullmatch(r"\$\((string|presentation)\.(\w+)\)", value)
            if found:
                used[found[1]].append(found[2])
            elif "$(" in value or attribute in ("displayName", "explainText", "presentation"):
                complaints.append("%s of %s is no reference to a text: %s" % (attribute, local(element.tag), value))
    for kind in ids:
        check_unique(kind + "s", [name for name in ids[kind] if name], complaints)
        check_references(kind + "s", used[kind], [name for name in ids[kind] if name], complaints)


def check_names(admx, complaints):
    def of(kind, attribute):
        return [e.get(attribute) for e in admx.iter("{%s}%s" % (NAMESPACE, kind)) if e.get(attribute)]
    for kind, kinds in (("policy", "policies"), ("category", "categories"), ("definition", "definitions")):
        check_unique(kinds, of(kind, "name"), complaints)
    check_unique("elements' ids", [e.get("id") for e in admx.iter() if e.get("id")], complaints)
    parents = of("parentCategory", "ref")
    tops = [c.get("name") for c in admx.iter("{%s}category" % NAMESPACE) if len(c) == 0]
    if len(tops) != 1:
        complaints.append("one category stands above all others, not %d" % len(tops))
    check_references("categories", parents, of("category", "name"), complaints)
    check_references("supportedOn", of("supportedOn", "ref"), of("definition", "name"), complaints)


def check_heads(admx, adml, complaints):
    for root, kind in ((admx, "policyDefinitions"), (adml, "policyDefinitionResources")):
        if root.tag != "{%s}%s" % (NAMESPACE, kind):
            complaints.append("the root element is %s" % root.tag)
        if root.get("schemaVersion") != "1.0":
            complaints.append("%s: schemaVersion must be 1.0" % kind)
        if not re.fullmatch(r"\d+\.\d+", root.get("revision", "")):
            complaints.append("%s: the revision is no version" % kind)
    needed = admx.find("{%s}resources" % NAMESPACE)
    if needed is None or needed.get("minRequiredRevision") != adml.get("revision"):
        complaints.append("the revision of the texts is not the one that is required")
    target = admx.find(".//{%s}target" % NAMESPACE)
    if target is None or not re.fullmatch(r"[a-z]+", target.get("prefix", "")) or \
            not re.fullmatch(r"\w+(\.\w+)+", target.get("namespace", "")):
        complaints.append("the target's prefix or namespace is none")


def check_presentations(admx, adml, complaints):
    boxes = {p.get("id"): p for p in adml.iter("{%s}presentation" % NAMESPACE)}
    for policy in admx.iter("{%s}policy" % NAMESPACE):
        name = policy.get("name", "")
        elements = policy.find("{%s}elements" % NAMESPACE)
        box = boxes.get(name)
        if policy.get("presentation") != "$(presentation.%s)" % name or box is None or elements is None:
            complaints.append("%s: has no presentation of its own" % name)
            continue
        if [(BOX_OF.get(local(e.tag)), e.get("id")) for e in elements] != [(local(b.tag), b.get("refId")) for b in box]:
            complaints.append("%s: what is shown is not what is asked for" % name)


# ---- the agent -----------------------------------------------------------------------------------

def allowed_words(texts):
    return {"LogLevel": sources.words("LEVELS", texts["base/log.c"]),
            "Observe": sources.words("AG_OBSERVE_WORDS", texts["agent/config.c"])}


def defaults(texts):
    levels = re.findall(r"LOG_(\w+)", sources.find(r"enum log_level \{(.*?)\}", texts["base/log.h"]))
    body = sources.find(r"ag_config_defaults\(void\)\n\{(.*?)\n\}", texts["agent/config.c"])
    return {"LogLevel": levels.index(sources.find(r"\.log_level = LOG_(\w+)", body)),
            "Observe": [word.upper() for word in allowed_words(texts)["Observe"]].index(
                sources.find(r"\.observe = AG_OBSERVE_(\w+)", body))}


def longest(setting, texts):
    """Characters that surely fit into what the agent reads."""
    config, limits = texts["agent/config.c"], texts["policy/limits.h"]
    bounds = {"Rollout": sources.number("LIMIT_NAME_BYTES", limits),
              "MinVersion": int(sources.find(r"length > (\d+) \|\|", config)),
              "Pause": sources.number("TIME_TEXT_BYTES", texts["base/time_text.h"]) - 1}
    return bounds.get(setting, sources.number("SETTING_MOST_BYTES", config) // UTF8_MOST)


def check_list(element, texts, complaints):
    name = element.get("id")
    if element.get("maxStrings") != str(sources.number("TAGS_MOST", texts["agent/config.c"])):
        complaints.append("%s: maxStrings is not the agent's" % name)
    if int(element.get("maxLength", "0")) >= sources.number("LIST_CHARS", texts["agent/config_win.c"]) - 2:
        complaints.append("%s: maxLength is more than the agent reads" % name)


def check_words(element, texts, complaints):
    name = element.get("id")
    words = [e.text for e in element.iter("{%s}string" % NAMESPACE)]
    if words != allowed_words(texts)[name]:
        complaints.append("%s: its words are %s" % (name, ", ".join(map(str, words))))
    for item, word in zip(element, words):
        if item.get("displayName") != "$(string.%s_%s)" % (name, word):
            complaints.append("%s: %s is shown as %s" % (name, word, item.get("displayName")))


def check_setting(setting, policy, texts, complaints):
    key = sources.find(r'\{L"([^"]+)", "[^"]+", true\}', texts["agent/config_win.c"]).replace("\\\\", "\\")
    wanted = "multiText" if setting.is_list else "enum" if setting.name in allowed_words(texts) else "text"
    if policy.get("class") != "Machine" or policy.get("key") != key:
        complaints.append("%s: is not a setting of the machine in %s" % (setting.name, key))
    for element in policy.iterfind("{%s}elements/*" % NAMESPACE):
        if (local(element.tag), element.get("id"), element.get("valueName")) != (wanted, setting.name, setting.name):
            complaints.append("%s: must be a %s of that name" % (setting.name, wanted))
        elif element.get("required") != "true":
            complaints.append("%s: an empty text would hide what was installed" % setting.name)
        elif wanted == "multiText":
            check_list(element, texts, complaints)
        elif wanted == "enum":
            check_words(element, texts, complaints)
        elif not 0 < int(element.get("maxLength", "0")) <= min(longest(setting.name, texts), TEXT_MOST):
            complaints.append("%s: maxLength is not the agent's" % setting.name)


def check_defaults(adml, texts, complaints):
    for name, index in defaults(texts).items():
        shown = [e.get("defaultItem") for e in adml.iter("{%s}dropdownList" % NAMESPACE) if e.get("refId") == name]
        if shown != [str(index)]:
            complaints.append("%s: what is shown first is not the agent's default" % name)


def check_help(setting, adml, complaints):
    helps = [e.text or "" for e in adml.iter("{%s}string" % NAMESPACE) if e.get("id") == setting.name + "_Help"]
    for part in ("If you enable this setting, ", "If you disable or do not configure this setting, "):
        if len(helps) != 1 or helps[0].count("\n\n" + part) != 1:
            complaints.append("%s: its explanation does not say \"%s...\" once" % (setting.name, part))


def check_page(settings, texts, complaints):
    rows = {row[0].strip("`"): row[1] for row in sources.table_rows(texts["docs/operations.md"], "Agent settings")}
    for setting in settings:
        wanted = ("REG_MULTI_SZ" if setting.is_list else "REG_SZ") + \
            (", machine policy only" if setting.machine_policy else "")
        if rows.get(setting.name) != wanted:
            complaints.append("docs/operations.md: %s must be %s" % (setting.name, wanted))
    for name in sorted(set(rows) - {setting.name for setting in settings}):
        complaints.append("docs/operations.md: the agent reads no %s" % name)


def check(texts):
    complaints = []
    admx, adml = (parse(name, texts[name], complaints) for name in (ADMX, ADML))
    if admx is None or adml is None:
        return complaints
    check_heads(admx, adml, complaints)
    for root, name in ((admx, ADMX), (adml, ADML)):
        check_shape(root, local(root.tag), name, complaints)
    check_names(admx, complaints)
    check_texts(admx, adml, complaints)
    check_presentations(admx, adml, complaints)
    settings = sources.settings(texts["agent/config.c"])
    policies = {p.get("name"): p for p in admx.iter("{%s}policy" % NAMESPACE)}
    check_references("settings", policies, [setting.name for setting in settings], complaints)
    for setting in settings:
        if setting.name in policies:
            check_setting(setting, policies[setting.name], texts, complaints)
            check_help(setting, adml, complaints)
    check_defaults(adml, texts, complaints)
    check_page(settings, texts, complaints)
    return complaints


# ---- planted mistakes ----------------------------------------------------------------------------

def mistakes(texts):
    def one(name, expected, file, old, new, count=1):
        return name, expected, sources.spoil(texts, file, old, new, count)
    proxy = sources.find(r'(    <policy name="Proxy".*?</policy>\n)', texts[ADMX])
    return [
        one("a setting the agent has and the template has not", "settings: nobody uses Shade", "agent/config.c",
            '    [AG_SET_TAGS] = {', '    [AG_SET_SHADE] = {"Shade", "--shade", false, false},\n    [AG_SET_TAGS] = {'),
        one("a setting of the template alone", "settings: there is no Proxies", ADMX, 'policy name="Proxy"',
            'policy name="Proxies"'),
        one("a policy twice", "two policies are called Proxy", ADMX, proxy, proxy + proxy),
        one("a policy missing", "settings: nobody uses Proxy", ADMX, proxy, ""),
        one("a list that is no list", "Tags: must be a multiText", ADMX, "multiText", "text"),
        one("a list in the agent", "Proxy: must be a multiText", "agent/config.c", '"--proxy", false', '"--proxy", true'),
        one("a word less", "LogLevel: its words are", "base/log.c", ', "debug"};', "};"),
        one("a word more", "Observe: its words are", "agent/config.c", '"profile", "full"', '"profile", "full", "all"'),
        one("words misspelt", "LogLevel: its words are", ADMX, "<string>info</string>", "<string>information</string>"),
        one("words exchanged", "LogLevel: info is shown as", ADMX, '"$(string.LogLevel_info)"',
            '"$(string.LogLevel_debug)"'),
        one("a number where a text is read", "must hold one of", ADMX, '<text id="MinVersion"', '<decimal id="MinVersion"'),
        one("another value", "Pause: must be a text of that name", ADMX, 'valueName="Pause"', 'valueName="Paused"'),
        one("another key", "ServerUrl: is not a setting of the machine in", ADMX, r'key="SOFTWARE\Policies\MapiRollout"',
            r'key="SOFTWARE\MapiRollout"'),
        one("a setting of the user", "is not a setting of the machine", ADMX, 'class="Machine"', 'class="User"'),
        one("longer than is read", "ServerUrl: maxLength is not", ADMX, 'maxLength="512"', 'maxLength="1000"'),
        one("a longer name of a rollout", "Rollout: maxLength is not", ADMX, 'maxLength="64"', 'maxLength="65"'),
        one("more tags", "Tags: maxStrings", ADMX, 'maxStrings="64"', 'maxStrings="65"'),
        one("longer tags", "Tags: maxLength", ADMX, 'maxLength="16000"', 'maxLength="16382"'),
        one("an empty text", "an empty text would hide", ADMX, 'required="true"', 'required="false"'),
        one("no text for it", "strings: there is no Proxy_Help", ADML, '<string id="Proxy_Help">',
            '<string id="Proxy_Help2">'),
        one("a text left over", "strings: nobody uses Orphan", ADML, "    </stringTable>",
            '      <string id="Orphan">nobody</string>\n    </stringTable>'),
        one("a text twice", "two strings are called Proxy", ADML, "    </stringTable>",
            '      <string id="Proxy">again</string>\n    </stringTable>'),
        one("an empty title", "string(Proxy): is empty", ADML, ">Proxy for the connection to the rollout server<", "><"),
        one("a bare text", "is no reference to a text", ADMX, 'displayName="$(string.Proxy)"', 'displayName="Proxy"'),
        one("an explanation that says half", "its explanation does not say", ADML, "If you disable or do not configure",
            "If you do not configure"),
        one("no presentation", "presentations: there is no Tags", ADML, '<presentation id="Tags">',
            '<presentation id="Tag">'),
        one("another's presentation", "Proxy: has no presentation of its own", ADMX, "$(presentation.Proxy)",
            "$(presentation.CaFile)"),
        one("the wrong box", "Tags: what is shown is not what is asked for", ADML, 'multiTextBox refId="Tags"',
            'multiTextBox refId="Tag"'),
        one("another default", "Observe: what is shown first", ADML, 'defaultItem="3"', 'defaultItem="0"'),
        one("another default in the agent", "LogLevel: what is shown first", "agent/config.c", ".log_level = LOG_INFO",
            ".log_level = LOG_WARNING"),
        one("no such category", "categories: there is no Nowhere", ADMX, 'parentCategory ref="Connection"',
            'parentCategory ref="Nowhere"'),
        one("no such support", "supportedOn: there is no Agent_9", ADMX, 'supportedOn ref="SUPPORTED_Agent_0_1"',
            'supportedOn ref="Agent_9"'),
        one("no support at all", "has 0 of supportedOn:reference", ADMX, '      <supportedOn ref="SUPPORTED_Agent_0_1" />\n',
            ""),
        one("another order", "does not belong there", ADMX,
            '      <parentCategory ref="Connection" />\n      <supportedOn ref="SUPPORTED_Agent_0_1" />\n',
            '      <supportedOn ref="SUPPORTED_Agent_0_1" />\n      <parentCategory ref="Connection" />\n'),
        one("an attribute unknown", "has the attribute maxlength", ADMX, 'maxLength="10"', 'maxLength="10" maxlength="9"'),
        one("an attribute missing", "lacks the attribute id", ADMX, '<text id="Proxy" ', "<text "),
        one("another schema version", "schemaVersion must be 1.0", ADMX, 'schemaVersion="1.0"', 'schemaVersion="1.1"'),
        one("texts of another revision", "the revision of the texts", ADML, 'revision="1.0"', 'revision="0.9"'),
        one("another namespace", "the root element is", ADMX, "2006/07", "2006/08"),
        one("not well formed", "not well formed", ADMX, "</policies>", "</policy>"),
        one("a byte order mark", "does not begin as UTF-8 XML", ADML, "<?xml", "\ufeff<?xml"),
        one("more than ASCII", "holds more than ASCII", ADML, "Nothing of a mailbox", "Nothing of a\u00a0mailbox"),
        one("the page names another type", "docs/operations.md: MinVersion must be", "docs/operations.md",
            "| `MinVersion` | REG_SZ, machine policy only |", "| `MinVersion` | REG_DWORD |"),
        one("the page lacks a setting", "docs/operations.md: Observe must be", "docs/operations.md", "| `Observe` |",
            "| `Look` |"),
    ]


FILES = (ADMX, ADML, "agent/config.c", "agent/config_win.c", "base/log.c", "base/log.h", "base/time_text.h",
         "policy/limits.h", "docs/operations.md")
contents = {path: sources.read(path) for path in FILES}
sources.fail_if(check(contents))
planted = mistakes(contents)
sources.fail_if(sources.missed(planted, check))
print("ok: %d settings, %d planted mistakes noticed" % (len(sources.settings(contents["agent/config.c"])), len(planted)))
sys.exit(0)
