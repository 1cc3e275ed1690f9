"""What reports say of deployment events and incident marks."""

from governance.reports.printed import notices, section

event = section("event")
mark = section("mark")
mark_notices = notices("mark")
