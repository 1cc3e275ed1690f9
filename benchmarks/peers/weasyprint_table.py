"""WeasyPrint sets a table: reads columns and rows as JSON, prints seconds from HTML to PDF and the peak of memory."""

import html
import json
import resource
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
    seconds, kilobytes = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "megabytes": kilobytes / 1024, "bytes": len(made)}))


if __name__ == "__main__":
    main()
