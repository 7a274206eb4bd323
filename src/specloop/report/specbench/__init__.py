"""The page of a benchmark run: figures, frontier and answers side by side."""

from specloop.report.specbench.page import (
    BENCH_REPORT_FILE,
    render_bench_report,
    write_bench_report,
)

__all__ = ["BENCH_REPORT_FILE", "render_bench_report", "write_bench_report"]
