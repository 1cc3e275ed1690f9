"""Whether a report's pages say what its evidence dictates: nothing false, nothing missing, nothing added."""
