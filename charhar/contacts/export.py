"""Lists as CSV and as workbooks, for spreadsheets."""

import csv
import datetime
import decimal
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone

# What makes a spreadsheet read a cell as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

# What XML can not hold.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def harmless(value: Any) -> str:
    """A cell's text, with an apostrophe before what a spreadsheet would calculate."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def csv_response(name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download of ``rows`` under ``headings``; with a mark by which Excel knows that it is UTF-8."""
    response = HttpResponse(
        "\ufeff",
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "private, no-store",
        },
    )
    writer = csv.writer(response)
    writer.writerow([harmless(heading) for heading in headings])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return response


def xlsx_response(name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """The same as a workbook of Excel. Text is written as text, so that no cell is ever calculated.

    Dates and numbers stay what they are; moments lose their zone and stand in Beijing time. The workbook is
    made in memory: about 1 kB a row.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    ) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [str(heading) for heading in headings], bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell is None:
                    continue
                if isinstance(cell, datetime.datetime):
                    sheet.write_datetime(
                        number, column, timezone.localtime(cell).replace(tzinfo=None), moment
                    )
                elif isinstance(cell, datetime.date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, int | float | decimal.Decimal) and not isinstance(cell, bool):
                    sheet.write_number(number, column, float(cell))
                else:
                    sheet.write_string(number, column, UNWRITABLE.sub("", str(cell))[:32_767])
        sheet.autofit()
    return HttpResponse(
        buffer.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.xlsx"',
            "Cache-Control": "private, no-store",
        },
    )
