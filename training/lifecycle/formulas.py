"""The formulas behind the figures, each with its source: what a page opens for whoever asks where a number is from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """A formula: its name, what it says in words and signs, and where it comes from."""

    name: str
    words: str
    source: str


OWN = "by definition"
_ALL = (
    Formula(
        "survival",
        "Share that goes on after each end: the product of (n - d) / n, of n that had lasted so long, d ended.",
        "Kaplan and Meier 1958; variance: Greenwood 1926",
    ),
    Formula(
        "three-point",
        "Beta distribution between lowest a and highest b with mode m and mean (a + 4m + b) / 6, in 1,000 steps; where"
        " fewer than five of the stage were completed, but some were begun, never shorter than those.",
        "Malcolm, Roseboom, Clark and Fazar 1959",
    ),
    Formula("no basis", "Fewer than five of the stage were completed, and no signed estimate stands in.", OWN),
    Formula(
        "requalification",
        "R: the sum of one draw from each stage; quantiles over all runs of the simulation.",
        "simulation with a stated seed",
    ),
    Formula(
        "queue",
        "R with waiting: dependants in the order of loss, criticality and digest; each takes the first place that is"
        " free in every stage, and a GPU from baseline to verdict.",
        "Kiefer and Wolfowitz 1955",
    ),
    Formula("loss", "T: days from the as-of date to the earliest current date on which serving ends.", OWN),
    Formula(
        "usual notice",
        "Days from announcement to end that the vendor's other models had at least, in 50, 80 and 95 of 100 cases.",
        "quantiles of the observed",
    ),
    Formula(
        "usual lifetime",
        "Days from release to end that the vendor's models had at least; those without an end count as unfinished.",
        "Kaplan and Meier 1958",
    ),
    Formula("too late", "P(R > T): the share of runs in which requalifying takes longer than is left.", OWN),
    Formula(
        "too late if announced",
        "P(R > N): the share of runs in which requalifying takes longer than the vendor's usual notice N.",
        OWN,
    ),
    Formula("beyond outage", "P(R > T + tolerated outage): the share of runs in which the gap is too long.", OWN),
    Formula(
        "latest start", "T - Q80(R): the day on which requalifying must begin to be done in time in 80 of 100.", OWN
    ),
    Formula("uncovered days", "E[max(0, R - T)]: days without the model, as the mean over all runs.", OWN),
    Formula("expected impact", "Expected uncovered days times the stated impact of a day.", OWN),
    Formula("freeze window", "Days from the earliest withdrawal of training to the end of serving.", OWN),
    Formula("freeze ahead", "Days of the freeze window that are still to come.", OWN),
    Formula(
        "retrain in freeze",
        "1 - exp(-rate × days of the freeze window to come); rate: retrains / days observed, or without any 3 / days"
        " observed (95 % upper bound).",
        "Poisson process; rule of three: Hanley and Lippman-Hand 1983",
    ),
    Formula("share of dependants", "Dependants of the vendor's models as a share of all.", OWN),
    Formula("count", "How many there are.", OWN),
    Formula("sum", "The sum over dependants for which it is known.", OWN),
)
FORMULAS = {formula.name: formula for formula in _ALL}
