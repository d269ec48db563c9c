"""A report as plain lines for a terminal: tables with tabs between the columns."""

from collections.abc import Iterator

from wasteledger.reports.tables import Document, shown


def plain_lines(document: Document) -> Iterator[str]:
    """The lines of a report, its notes last."""
    yield document.title
    yield from document.head
    for table in document.tables:
        yield ""
        yield table.title
        yield "\t".join(column.zh for column in table.columns)
        for row in table.lines():
            texts = [shown(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
            yield "\t".join(text.replace("\n", " ") for text in texts)
        if not table.rows:
            yield "（无）"
    yield ""
    yield from document.notes
