"""What reports say of restore drills and probes."""

from governance.reports.printed import notices, section

restore_spec = section("restore spec")
restore_record = section("restore")
restore_notices = notices("restore")
probe_spec = section("probe spec")
probe_result = section("probe")
probe_notices = notices("probe")
