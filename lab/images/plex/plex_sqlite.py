#!/usr/bin/env -S python3 -u
"""The command line of sqlite3 as "Plex SQLite" has it, for what scripts use of it.

usage: "Plex SQLite" [-readonly] [-batch] [-noheader] [-separator X] FILE ["SQL; SQL"]   (or SQL on standard input)
"""

import os
import sqlite3
import sys

import plex_database

OPTIONS = {"readonly": False, "batch": False, "noheader": False, "bail": False, "separator": "|"}


def cell(value):
    if value is None:
        return b""
    if isinstance(value, float):
        return b"%.15g" % value if value % 1 else b"%.1f" % value
    return value if isinstance(value, bytes) else os.fsencode(str(value))


def statements(text):
    collected = ""
    for piece in text.replace(";", ";\0").split("\0"):
        collected += piece
        if sqlite3.complete_statement(collected):
            yield collected
            collected = ""
    if collected.strip():
        yield collected


def options(arguments):
    known = dict(OPTIONS)
    while arguments and arguments[0].startswith("-"):
        name = arguments.pop(0).lstrip("-")
        if name not in known:
            sys.exit(f"Plex SQLite: Error: unknown option: -{name}")
        known[name] = arguments.pop(0) if name == "separator" else True
    if not arguments:
        sys.exit(__doc__)
    return known, arguments[0], "".join(f"{sql};" for sql in arguments[1:])


def main():
    known, file, sql = options(sys.argv[1:])
    failed = False
    try:
        database = plex_database.connect(file, "ro" if known["readonly"] else "rwc")
    except sqlite3.Error as problem:
        sys.exit(f'Error: unable to open database "{file}": {problem}')
    separator = os.fsencode(known["separator"])
    for statement in statements(sql or sys.stdin.read()):
        try:
            for row in database.execute(statement):
                sys.stdout.buffer.write(separator.join(map(cell, row)) + b"\n")
        except sqlite3.Error as problem:
            sys.stdout.buffer.flush()
            print(f"Error: {problem}", file=sys.stderr)
            failed = True
            # Of a script on standard input, sqlite3 goes on with the rest.
            if sql or known["bail"]:
                break
    database.close()
    sys.exit(int(failed))


main()
