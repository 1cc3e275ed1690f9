"""How a reader checks a report: the same words and commands in every one."""

from governance.reports.model import Commands, Paragraph, Section


def how_to_verify() -> Section:
    """The closing section. It never prints the fingerprint to trust: that must come from somewhere else."""
    return Section(
        "How to verify this report",
        (
            Paragraph(
                "This file needs no trust in the server that made it. Obtain the fingerprint of the organisation’s "
                "root key from where the organisation publishes it, never from this file or from whoever handed it to "
                "you. Then, with the file saved as report.pdf:"
            ),
            Commands(("countersign verify --root FINGERPRINT report.pdf",)),
            Paragraph(
                "The answer 0 means that everything claimed here holds: the seal, every document’s digest, every "
                "signature, and that each event relied on is in the ledger at the checkpoint printed on every page. "
                "1 means that something does not hold, and says what. 2 means that it could not be checked."
            ),
            Paragraph(
                "If you kept a checkpoint of the ledger or an older report, hold this one against it: 3 means that the "
                "log signed two histories, and that the two files together prove it."
            ),
            Commands(("countersign verify --root FINGERPRINT --checkpoint KEPT --consistency PROOF report.pdf",)),
            Paragraph("With tools that are not ours: the seal, and that it covers the whole file;"),
            Commands(("pdfsig -nocert report.pdf",)),
            Paragraph("the sealing certificate, to be compared with the seal key in the organisation’s keyring;"),
            Commands(
                (
                    "pdfsig -dump report.pdf",
                    "openssl pkcs7 -inform DER -in report.pdf.sig0 -print_certs -out seal.pem",
                    "openssl x509 -in seal.pem -noout -subject -fingerprint -sha256",
                )
            ),
            Paragraph("the evidence, as one JSON file; and the digest of this file, to be found on the ledger."),
            Commands(("pdfdetach -saveall -o . report.pdf", "openssl dgst -sha256 report.pdf")),
            Paragraph(
                "pdfsig alone does not notice a change in the bytes that pad the space reserved for the seal; "
                "countersign verify does, and so does the digest of the whole file."
            ),
        ),
    )
