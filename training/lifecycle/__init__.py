"""Base-model lifecycle and retirement risk without Django, and without numerical libraries.

model            the data that everything here shares
formulas         every formula with its source; figures, how figures are made
survival, pert   how long a stage takes: observed (Kaplan-Meier), estimated (three points); lengths, what both are
requalification  R: which of them counts for each stage
queue            R with waiting for people and machines
words, loss      T: what each source says now, and the day that counts; notice, what a vendor usually does
freeze           the window in which a model serves but can no longer be trained
bands            red, amber, green, unknown
risk             all of it together: `assess`
at_a_glance      what the document of an assessment says of it; phrases, how pages and reports say that
"""
