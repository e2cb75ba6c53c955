"""How tests read findings."""

from collections.abc import Sequence

from uploads.bucket.findings import Finding


def states(findings: Sequence[Finding]) -> dict[str, str]:
    """Return the state of each item by its name."""
    return {finding.item: str(finding.state) for finding in findings}


def of(findings: Sequence[Finding], item: str) -> Finding:
    """Return what was found about one item."""
    (found,) = [finding for finding in findings if finding.item == item]
    return found
