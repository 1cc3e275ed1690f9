"""Inventories as other systems write them, and what cannot be read: refused by line and reason, never guessed."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.inventory import reading
from training.inventory.reading import InventoryError, Row, read

JOB = "6c8dd6c2-0cf0-4f4c-9a4c-2c9f3a5ffb8a"
DIGEST = "0f" * 32


def csv_rows(text: str, **columns: str) -> list[Row]:
    return read(text.encode(), form="csv", columns=columns or reading.PRESETS["plain"])


def refusal(data: str | bytes, form: str = "csv", **columns: str) -> str:
    content = data if isinstance(data, bytes) else data.encode()
    with pytest.raises(InventoryError) as problem:
        read(content, form=form, columns=columns or reading.PRESETS["plain"])
    return str(problem.value)


def test_slurm_kubernetes_and_billing_as_they_come() -> None:
    sacct = (
        "JobID|JobName|Comment|Start|End|State\n"
        f"77|train|countersign:{JOB.upper()}|2026-11-01T08:00:00|Unknown|RUNNING\n"
        "78|other||2026-11-01T08:00:00|2026-11-01T09:30:00|COMPLETED\n"
    )
    first, second = read(sacct.encode(), form="csv", columns=reading.PRESETS["sacct"])
    assert (first.number, first.source_id, first.job, first.service) == (2, "77", JOB, "train")
    assert (first.started, first.ended) == (datetime(2026, 11, 1, 8, tzinfo=UTC), None)
    assert second.job == ""
    pods = {
        "items": [
            {
                "metadata": {
                    "uid": "u1",
                    "namespace": "production",
                    "labels": {"app": "queue"},
                    "annotations": {"countersign-digest": DIGEST},
                },
                "status": {"startTime": "2026-11-01T10:00:00+02:00", "phase": "Running"},
            }
        ]
    }
    [pod] = read(json.dumps(pods).encode(), form="json", columns=reading.PRESETS["kubernetes"])
    assert (pod.number, pod.service, pod.environment, pod.digest) == (1, "queue", "production", f"sha256:{DIGEST}")
    assert pod.started == datetime(2026, 11, 1, 8, tzinfo=UTC)
    bill = (
        "﻿lineItem/ResourceId,lineItem/UsageStartDate,lineItem/UsageEndDate,resourceTags/user:service\r\n"
        'arn:1,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,"queue, east"\r\n'
    )
    [line] = read(bill.encode(), form="csv", columns=reading.PRESETS["aws-billing"])
    assert (line.service, line.source_id) == ("queue, east", "arn:1")


def test_what_stands_for_not_known_is_no_name_and_a_name_is_none_of_it() -> None:
    text = (
        "service,environment,digest,started,ended\n"
        f"None,NA,SHA256:{DIGEST.upper()},2026-11-01T08:00:00Z,0001-01-01T00:00:00Z\n"
    )
    [row] = csv_rows(text)
    assert (row.service, row.environment, row.ended) == ("None", "NA", None)
    assert row.digest == f"sha256:{DIGEST}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("service,ended\nq,9999-12-31T23:00:00-05:00\n", "line 2: ended: found '9999"),
        ("", "line 1: found nothing"),
        ("a,b\n1,2\n", "line 1: found none of the columns"),
        ("service,service\nx,y\n", "line 1: found the column 'service' twice"),
        ("service,digest\nq,\nr\n", "line 3: found 1 cells, expected 2"),
        ("service,digest\nq,abc\n", "line 2: digest: found 'abc'"),
        ('service,job\n"q,\n', "line 2: it is no line of a table"),
        ("service,started\nq,yesterday\n", "line 2: started: found 'yesterday'"),
        ("service,started\nq,0000-00-00\n", "line 2: started"),
        ("service,started,ended\nq,2026-02-02,2026-02-01\n", "line 2: ended: found 2026-02-01"),
        ("service,state\n,up\n", "line 2: found none of job, digest, service"),
        ("service,state\nq\x07,up\n", "line 2: service: found a character"),
        (f"service,state\n{'q' * 2001},up\n", "line 2: service: found 2001 characters"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(text: str, said: str) -> None:
    assert said in refusal(text)


def test_bytes_json_and_mappings_that_cannot_be_read() -> None:
    assert "line 2: found bytes that are not UTF-8" in refusal(b"service\n\xff\n")
    assert "line 1: it is no JSON" in refusal("{", "json")
    assert "found no list" in refusal('{"pods": []}', "json")
    assert "item 2: found no object" in refusal('[{"service": "q"}, 5]', "json")
    assert "item 1: service: found list" in refusal('[{"service": ["q"]}]', "json")
    assert "item 1: service: found bool" in refusal('[{"service": true}]', "json")
    assert "file: found NaN" in refusal('[{"service": NaN}]', "json")
    assert "file: found a number of thousands" in refusal(f'[{{"service": "q", "n": {"9" * 5000}}}]', "json")
    assert "without end" in refusal("[" * 200_000, "json")
    assert "columns: found 'cost'" in refusal("x\n1\n", cost="x")
    assert "columns: found none of job" in refusal("x\n1\n", state="x")
    many = "service\n" + "q\n" * (reading.MOST_ROWS + 1)
    assert f"found more than {reading.MOST_ROWS} rows" in refusal(many)
    assert len(csv_rows(many[:-2])) == reading.MOST_ROWS


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)), st.sampled_from(["csv", "json"]))
def test_whatever_comes_it_is_read_or_refused(data: bytes, form: str) -> None:
    try:
        rows = read(data, form=form, columns=reading.PRESETS["plain"])
    except InventoryError:
        rows = []
    assert all(row.job or row.digest or row.service for row in rows)
