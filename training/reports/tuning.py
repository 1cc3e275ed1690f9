"""What reports say of the documents about acting: use cases, data, base models, runs, releases."""

from governance.reports.printed import notices, section

use_case = section("use case")
decision_record = section("decision")
data_contract = section("contract")
dataset = section("dataset")
base_model = section("base model")
base_model_notices = notices("base model")
run_spec = section("run spec")
run_spec_notices = notices("run spec")
run_record = section("run")
release = section("release")
standing_approval = section("standing approval")
standing_approval_notices = notices("standing approval")
