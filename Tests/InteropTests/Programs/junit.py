"""Reads a JUnit file as CI systems do: against Jenkins' schemas, and with a parser of others. Prints what it found.

junit.py FILE SCHEMA...
"""
import sys

import junitparser
from lxml import etree

path, *schemas = sys.argv[1:]
for schema in schemas:
    etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(path))
for suite in junitparser.JUnitXml.fromfile(path):
    kinds = [type(result).__name__.lower() for case in suite for result in case.result]
    print(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped, ",".join(kinds) or "passed")
