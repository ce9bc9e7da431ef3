"""The mitmproxy side of Corsight: adapters and hooks. What is decided is decided in `policies`."""
