"""The version of Corsight."""

VERSION = "0.1.0"
