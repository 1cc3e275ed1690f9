"""What reports say of data: quality, samples of production, measures from outside."""

from governance.reports.printed import notices, section

quality_report = section("quality")
quality_spec = section("quality spec")
quality_notices = notices("quality")
production_sample = section("sample")
measures = section("measures")
