"""The catalogue, a model's dates, and recording: as somebody in a browser sees and does it."""

import re
from importlib.resources import files
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import Document, Draft, User
from governance.services import documents
from tests.support.cast import Cast, base_model_body
from tests.support.cast import agree as agree_on
from tests.training.observations import feeds
from training.kinds import observations as kinds
from training.selectors import observations as select


def browser(user: User) -> Client:
    made = Client()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def posted(client: Client, url: str, given: dict[str, Any]) -> Any:
    return client.post(url, given)


def test_the_catalogue_tells_ends_doubts_and_sources(cast: Cast) -> None:
    held = documents.document_submit(
        actor=cast.olga, project=None, kind="training.base_model", body=base_model_body("Weights of ours")
    )
    agree_on(held, by=cast.olga, signers=[(cast.carl, "compliance_officer"), (cast.dora, "owner")])
    feeds.spoken_of(cast.olga)
    page = text_of(browser(cast.erik), reverse("base-models"))
    first, second = page.index("Hosted model"), page.index("Weights of ours")
    assert first < second  # the one that ends first
    assert "2027-10-01 or later" in page
    assert "sources disagree" in page
    assert "moved 1 time" in page
    assert "no source speaks of it" in page
    assert "4: a public collection that does not say what ends" in page
    assert "Stale after 30 days" in page
    assert "Bring a feed" not in page  # an engineer of a project does not write for the organisation
    assert "Bring a feed" in text_of(browser(cast.olga), reverse("base-models"))


def test_a_models_dates_show_every_word_and_escape_it(cast: Cast) -> None:
    model = feeds.spoken_of(cast.olga)
    client = browser(cast.erik)
    raw = client.get(reverse("base-model-dates", args=[model.digest])).content.decode()
    assert "The vendor’s page &lt;b&gt;of deprecations&lt;/b&gt;" in raw
    page = text_of(client, reverse("base-model-dates", args=[model.digest]))
    assert "Sources disagree about retirement on openai: 2027-10-01 or later (litellm); 2028-02-29" in page
    assert "214 days later" in page
    assert "Models unused for 60 days go before." in page
    assert "earlier, if unused for 60 days" in page
    assert page.index("2027-10-01 or later", page.index("litellm: retirement")) < page.index("2027-03-01 or later")


def test_dates_are_of_base_models_alone(cast: Cast) -> None:
    assert browser(cast.olga).get(reverse("base-model-dates", args=[cast.policy.digest])).status_code == 404


def test_pages_ask_no_more_of_the_database_as_models_and_words_grow(cast: Cast) -> None:
    model = feeds.spoken_of(cast.olga)
    feeds.base(cast, title="One more")  # of one document alone, standing is asked in another way
    client = browser(cast.olga)
    addresses = [reverse("base-models"), reverse("base-model-dates", args=[model.digest])]
    for url in addresses:
        client.get(url)

    def count() -> list[int]:
        found = []
        for url in addresses:
            with CaptureQueriesContext(connection) as asked:
                client.get(url)
            found.append(len(asked))
        return found

    before = count()
    for number in range(4):
        feeds.base(cast, title=f"Another {number}")
        content = feeds.table({"name": "gpt-4o-2024-08-06", "date": f"2027-11-0{number + 1}"})
        feeds.bring(cast.olga, "litellm", content, source=f"copy {number}")
    assert count() == before
    assert max(before) <= 60


def test_a_feed_is_brought_by_the_form_and_shown_as_a_document(cast: Cast) -> None:
    client = browser(cast.olga)
    file = SimpleUploadedFile("prices.json", feeds.litellm("1.110.2"))
    given = {"form": "litellm", "file": file, "source": "", "url": "", "retrieved_on": f"{timezone.now():%Y-%m-%d}"}
    answer = client.post(reverse("feed-bring"), given)
    made = Document.objects.get(kind=kinds.OBSERVATIONS)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("document", args=[made.digest])
    page = text_of(client, answer["Location"])
    assert "Recorded: 40 new, 0 moved, 0 gone, 0 as before." in page
    assert "prices.json" in page
    assert "“deprecation_date: 2027-05-18”" in page


def test_a_feed_that_is_not_understood_says_where_and_records_nothing(cast: Cast) -> None:
    client = browser(cast.olga)
    file = SimpleUploadedFile("dates.csv", b"model,channel,phase,words\nm,openai,sunset,w\n")
    given = {"form": "csv", "file": file, "source": "A table", "retrieved_on": "2026-11-01"}
    answer = client.post(reverse("feed-bring"), given)
    assert answer.status_code == 400
    assert "line 2: found the phase &#x27;sunset&#x27;" in answer.content.decode()
    assert not Document.objects.filter(kind=kinds.OBSERVATIONS).exists()


def test_what_somebody_read_is_recorded_by_the_form(cast: Cast) -> None:
    client = browser(cast.olga)
    given = {
        "source": "The page", "rank": "2", "url": "https://vendor.example/x", "retrieved_on": "2026-11-01",
        "model": "m", "channel": "OpenAI", "phase": "train-new", "date": "2028-02-29", "precision": "tentative",
        "announced_on": "", "words": "No new jobs from then on.", "idle_days": "",
    }  # fmt: skip
    assert client.post(reverse("observation-new"), given).status_code == 302
    (word,) = select.of_source("The page")[1].values()
    assert (word.phase, word.channel, word.precision) == ("train-new", "openai", "tentative")
    wrong = client.post(
        reverse("observation-new"), given | {"announced_on": "2028-03-01", "retrieved_on": "2026-11-02"}
    )
    assert wrong.status_code == 400
    assert "before its announcement" in wrong.content.decode()


@pytest.mark.parametrize("name", ["feed-bring", "observation-new"])
def test_who_may_not_record_gets_no_form_and_is_refused(cast: Cast, name: str) -> None:
    client = browser(cast.ada)
    assert '<form class="paper"' not in client.get(reverse(name)).content.decode()
    given = {
        "form": "litellm", "file": SimpleUploadedFile("x.json", b"{}"), "retrieved_on": "2026-11-01",
        "source": "The page", "rank": "2", "model": "m", "channel": "openai", "phase": "retired",
        "precision": "exact", "words": "w",
    }  # fmt: skip
    assert client.post(reverse(name), given).status_code == 403
    assert not Document.objects.filter(kind=kinds.OBSERVATIONS).exists()


def test_who_has_no_role_finds_nothing(cast: Cast) -> None:
    stranger = User.objects.create(username="stranger", printed_name="Stranger")
    for name in ("base-models", "feed-bring", "observation-new"):
        assert browser(stranger).get(reverse(name)).status_code == 404


def test_shelf_and_model_lead_to_the_dates(cast: Cast) -> None:
    model = feeds.spoken_of(cast.olga)
    client = browser(cast.erik)
    assert reverse("base-models") in client.get(reverse("shelf")).content.decode()
    there = reverse("base-model-dates", args=[model.digest])
    assert there in client.get(reverse("document", args=[model.digest])).content.decode()


def test_two_readings_are_compared_by_what_they_are_not_word_by_word(cast: Cast) -> None:
    feeds.bring(cast.olga, "litellm", feeds.litellm("1.105.2"), retrieved_at=feeds.OCTOBER)
    second = feeds.bring(cast.olga, "litellm", feeds.litellm("1.110.2"), retrieved_at=feeds.NOVEMBER).document
    page = text_of(browser(cast.erik), reverse("document", args=[second.digest]))
    changes = page[page.index("What changed") : page.index("Rests on")]
    assert "New moved or gone" in changes
    assert "gemini-2.5-flash-image" in page
    assert "gemini-2.5-flash-image" not in changes


def test_a_long_catalogue_is_shown_in_pages(cast: Cast) -> None:
    for number in range(26):
        feeds.base(cast, title=f"Model {number:02}")
    client = browser(cast.erik)
    first = text_of(client, reverse("base-models"))
    assert ("Model 24" in first, "Model 25" in first) == (True, False)
    assert "Model 25" in text_of(client, reverse("base-models") + "?page=2")


def test_a_base_model_reads_as_what_it_is(cast: Cast) -> None:
    said = {
        "channels": [{"name": "azure", "kind": "cloud", "region": "eastus", "sku": "Standard", "customers": "all"}],
        "prices": [
            {
                "channel": "azure", "unit": "1M input tokens", "amount": "2.50", "currency": "USD",
                "observed_on": "2026-11-01", "source": "its price list",
            }
        ],
        "identities": [{"channel": "azure", "name": "gpt-4o"}],
    }  # fmt: skip
    page = text_of(browser(cast.erik), reverse("document", args=[feeds.base(cast, **said).digest]))
    for words in (
        "not applicable: its weights are with the provider",
        "2.50 USD for 1M input tokens",
        "gpt-4o on azure",
    ):
        assert words in page
    held = documents.document_submit(
        actor=cast.olga, project=None, kind="training.base_model", body=base_model_body("Weights of ours")
    )
    page = text_of(browser(cast.erik), reverse("document", args=[held.digest]))
    assert "model.safetensors" in page
    assert "kept in the store" in page


def test_a_hosted_model_shows_what_its_vendor_usually_does(cast: Cast) -> None:
    model = feeds.base(cast)
    feeds.bring(cast.olga, "bydtech", (files("model_retire") / "models.json").read_bytes())
    page = text_of(browser(cast.erik), reverse("base-model-dates", args=[model.digest]))
    found = re.search(r"at least (\d+) days in 50 of 100 cases, (\d+) in 80, and (\d+) in 95", page)
    assert found is not None
    p50, p80, p95 = map(int, found.groups())
    assert p50 >= p80 >= p95 > 0
    assert "Weak: it says what was usual" in page


def test_a_hosted_model_is_begun_from_a_template(cast: Cast) -> None:
    client = browser(cast.olga)
    there = reverse("shelf-draft-begin", args=["training.base_model"])
    page = text_of(client, there)
    assert "Weights that we hold" in page
    assert client.post(there, {"template": "hosted"}).status_code == 302
    body = Draft.objects.latest("updated_at").body
    assert (set(body["hosted"]), body["custody"], body["files"]) == (
        {"provider", "snapshot", "region", "observed_on"},
        None,
        [],
    )


def test_what_comes_day_by_day_does_not_crowd_the_shelf(cast: Cast) -> None:
    feeds.spoken_of(cast.olga)
    client = browser(cast.erik)
    page = text_of(client, reverse("shelf"))
    assert ("Hosted model" in page, "litellm, 2026-11-20" in page) == (True, False)
    assert "choose the kind to see lifecycle observations, too" in page
    for query in ("?kind=training.observations", "?q=litellm"):
        assert "litellm, 2026-11-20" in text_of(client, reverse("shelf") + query)
