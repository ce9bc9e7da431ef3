"""The mitmproxy side of Corsight: adapters and hooks. All decisions are made in `policies`."""
