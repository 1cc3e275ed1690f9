"""WeasyPrint sets a table: reads columns and rows as JSON, prints the seconds from HTML to the bytes of the PDF."""

import html
import json
import sys
import time

STYLE = "@page{size:A4;margin:26mm 22mm}table{border-collapse:collapse;font:8.7pt sans-serif}td,th{text-align:left}"


def main() -> None:
    """Make the PDF from HTML; only that is timed."""
    import weasyprint

    given = json.load(sys.stdin)
    cells = lambda tag, row: "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in row)  # noqa: E731
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in given["rows"])
    page = f"<style>{STYLE}</style><table><thead><tr>{cells('th', given['columns'])}</tr></thead>{body}</table>"
    start = time.perf_counter()
    made = weasyprint.HTML(string=page).write_pdf()
    print(json.dumps({"seconds": time.perf_counter() - start, "bytes": len(made)}))


if __name__ == "__main__":
    main()
