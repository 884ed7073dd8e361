#!/usr/bin/python3
"""Holds documents that `cairn --json` printed to the published schema.

  json_schema.py SCHEMA DOCUMENTS

A line of DOCUMENTS is a subcommand, a tab, and a document. Each must be what the schema's
$defs/SUBCOMMAND says, which the schema's own anyOf lists.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema  # noqa: E402


def main(schema_path, documents_path):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    listed = {one["$ref"].rsplit("/", 1)[1] for one in schema["anyOf"]}
    failed = 0
    seen = set()
    with open(documents_path, encoding="utf-8") as file:
        for line in file:
            name, text = line.rstrip("\n").split("\t", 1)
            seen.add(name)
            if name not in listed:
                continue
            one = {"$schema": schema["$schema"], "$ref": "#/$defs/" + name, "$defs": schema["$defs"]}
            for error in jsonschema.Draft202012Validator(one).iter_errors(json.loads(text)):
                failed += 1
                print(f"{name}: {error.message}\n  at {error.json_path} of {text}")
                for cause in error.context:
                    print(f"    {cause.json_path}: {cause.message}")
    for name in sorted(seen - listed):
        failed += 1
        print(f"{name}: not in the schema")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
