"""Benchmarks in SpecBench's form: their data, and building them from a document."""
