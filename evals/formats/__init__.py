"""Other tools' files read as cases, and cases written as other tools' files. No Django, no code run, no network."""
