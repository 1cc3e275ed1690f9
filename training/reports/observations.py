"""What reports say of what was observed about the lives of base models."""

from governance.reports.printed import section

observations = section("observations")
