"""The Fetch standard (https://fetch.spec.whatwg.org/), transcribed: a module a section, in its words and step numbers.

Every function is pure. What an engine does otherwise comes in as a parameter; no engine is named in a signature. Header
text is isomorphic decoded (one byte, one code point), header names are lower case.
"""
