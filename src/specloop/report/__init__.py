"""Stage 6: write the run folder as one self-contained HTML page."""

from specloop.report.data import Manifest, ReportData, load_report_data
from specloop.report.page import REPORT_FILE, render_report, write_report

__all__ = [
    "REPORT_FILE",
    "Manifest",
    "ReportData",
    "load_report_data",
    "render_report",
    "write_report",
]
