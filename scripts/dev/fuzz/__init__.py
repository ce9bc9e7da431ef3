"""Fuzzing: what a peer, a page, a recording or a policy file may send, made up by a coverage-guided fuzzer, and what
has to hold whatever it is: `scripts/fuzz`.
"""
