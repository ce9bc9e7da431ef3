"""What an audit found as a report, and the formats it is written in. Everything here is pure: texts come out."""

from __future__ import annotations

from corsight.policies.report.gather import Gathered
from corsight.policies.report.make import list_flows, list_servers, make_report
from corsight.policies.report.model import Recording, Report, Server

__all__ = ["Gathered", "Recording", "Report", "Server", "list_flows", "list_servers", "make_report"]
