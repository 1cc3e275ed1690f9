"""What documents about evaluation are to programs that read lineage."""

from governance.proof.formats.described import Describing

EVALUATION_SET = Describing("data", text="description", files="files")
"""cases to measure by"""

EVALUATION_RESULT = Describing("figures", figures="metrics", of="subject")
"""what was measured of the model under `subject`, slice by slice"""
