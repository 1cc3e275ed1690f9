"""Who may not sign a release: whoever launched what it rests on, whatever rows say."""

from typing import Any

import pytest

from governance.models import Job
from governance.selectors.ceremonies import also_excluded
from tests.support.story import Story
from tests.training import continuity


@pytest.mark.postgres
@pytest.mark.attack(
    name="alter or delete a job's row, so that whoever launched the run may sign its release",
    caught_by="who asked for the job is read from the ledger as well",
    unless="the ledger is written anew up to the last checkpoint that left",
)
def test_whoever_launched_is_kept_out_by_the_ledger_in_a_constant_number_of_queries(
    story: Story, django_assert_max_num_queries: Any
) -> None:
    release = story["release"]
    launched = {job.requested_by.actor for job in Job.objects.filter(output__links_in__source=release)}
    assert launched
    assert also_excluded([release])[release.digest] == launched
    with django_assert_max_num_queries(12) as one:
        also_excluded([release])
    several = [release]
    for number in range(3):
        several.append(continuity.forged(several[-1], seq=2_000_000 + number, note=f"v{number}"))
    with django_assert_max_num_queries(len(one.captured_queries)):
        assert set(map(frozenset, also_excluded(several).values())) == {frozenset(launched)}
    Job.objects.all().update(requested_by=story.people["expert"])
    assert launched <= also_excluded([release])[release.digest]
