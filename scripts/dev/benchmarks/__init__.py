"""What Corsight costs, measured: `scripts/bench`. Figures are ratios within one run, for clocks differ between
machines.
"""
