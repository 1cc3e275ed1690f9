"""The governed installation that these tests attack."""

from tests.support.governed_fixtures import already, each_site, site, sites

__all__ = ["already", "each_site", "site", "sites"]
