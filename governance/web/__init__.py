"""Pages: they translate requests into services and selectors, and decide nothing."""
