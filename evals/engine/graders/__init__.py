"""The graders, one idea a module; listed in `evals.engine.catalogue` and built by `evals.engine.graders.registry`.

A grader is a pure function of the case and of the answer as it was read; the same answer always gets the same grade.
"""
