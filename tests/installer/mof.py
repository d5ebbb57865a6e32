"""mof.py - reads as much of the managed object format (DMTF DSP0004) as our files use, and nothing that is beyond it."""
import re
from collections import namedtuple

Pragma = namedtuple("Pragma", "name arguments")
Class = namedtuple("Class", "name base qualifiers properties")
Instance = namedtuple("Instance", "name qualifiers values properties")
Property = namedtuple("Property", "type name qualifiers")  # type None: of an instance

TOKEN = re.compile(r'\s+|//[^\n]*|("(?:\\[\\"]|[^"\\\n])*"|#pragma|\w+|[][(){},;:=])')


class Malformed(Exception):
    pass


def tokens(text):
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Malformed("line %d: cannot be read" % (text.count("\n", 0, at) + 1))
        if match[1]:
            found.append(match[1])
        at = match.end()
    return found


class Reader:
    def __init__(self, text):
        self.tokens = tokens(text) + [""]
        self.at = 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, wanted=None):
        token = self.peek()
        if token == "" or (wanted is not None and token.lower() != wanted):
            raise Malformed("%s before %s" % (wanted or "something is missing", " ".join(self.tokens[self.at:self.at + 4])))
        self.at += 1
        return token

    def name(self):
        token = self.take()
        if not re.fullmatch(r"[A-Za-z]\w*", token):
            raise Malformed("%s is no name" % token)
        return token

    def text(self):
        token = self.take()
        if not token.startswith('"'):
            raise Malformed("%s is no text" % token)
        return re.sub(r"\\(.)", r"\1", token[1:-1])

    def skip(self, token):
        if self.peek().lower() != token:
            return False
        self.at += 1
        return True

    def qualifiers(self):
        """{name in lower case: a text, another value as it stands, or True}"""
        found = {}
        if not self.skip("["):
            return found
        while True:
            name = self.name().lower()
            if name in found:
                raise Malformed("the qualifier %s twice" % name)
            found[name] = True
            if self.skip("("):
                found[name] = self.text() if self.peek().startswith('"') else self.take()
                self.take(")")
            if not self.skip(","):
                break
        self.take("]")
        return found

    def pragma(self):
        name, arguments = self.name(), []
        self.take("(")
        while True:
            arguments.append(self.text() if self.peek().startswith('"') else self.name())
            if not self.skip(","):
                break
        self.take(")")
        return Pragma(name.lower(), arguments)

    def a_class(self, qualifiers):
        name = self.name()
        base = self.name() if self.skip(":") else None
        properties = []
        self.take("{")
        while not self.skip("}"):
            its = self.qualifiers()
            properties.append(Property(self.name().lower(), self.name(), its))
            self.take(";")
        self.take(";")
        return Class(name, base, qualifiers, properties)

    def instance(self, qualifiers):
        self.take("of")
        name = self.name()
        values, properties = {}, []
        self.take("{")
        while not self.skip("}"):
            its, of = self.qualifiers(), self.name()
            if self.skip("="):
                values[of] = self.text()
            else:
                properties.append(Property(None, of, its))
            self.take(";")
        self.take(";")
        return Instance(name, qualifiers, values, properties)

    def all(self):
        found = []
        while self.peek() != "":
            if self.skip("#pragma"):
                found.append(self.pragma())
                continue
            qualifiers = self.qualifiers()
            found.append(self.a_class(qualifiers) if self.skip("class") else
                         self.instance(qualifiers) if self.skip("instance") else self.take("class"))
        return found


def read(text):
    """The declarations of a file in their order; raises Malformed."""
    return Reader(text).all()
