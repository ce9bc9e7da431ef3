"""What an audit found as a report, and the formats it is written in. Everything here is pure: texts come out."""
