"""The governed installation that these tests attack."""

from tests.support.governed_fixtures import each_site, site, sites

__all__ = ["each_site", "site", "sites"]
