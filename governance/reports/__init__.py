"""Reports: a walk over documents and ledger, typeset, sealed, with the evidence attached."""
