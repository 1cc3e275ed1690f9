"""What can be known of an evaluation before it runs, with the standard library alone so that pages can ask.

power         how many cases a claim needs
decidability  what a plan can and cannot show with the cases it has
foretold      the same for all thresholds of a plan, in plain words
spending      how much of a holdout's meaning earlier disclosures have used up
"""
