"""Measures: every figure is a ratio against a baseline of the same run, or an exact value.

make bench                        all of them; with ARGS=--table also into BENCHMARKS.md
.venv/bin/python -m tests.bench P12 hello ...      some, by id or name

A measure is a function in a module of this folder:

    @measure("P12", "guard_cost", goal="<= 0.08")
    def guard_cost(bench: Bench) -> Samples: ...
"""
