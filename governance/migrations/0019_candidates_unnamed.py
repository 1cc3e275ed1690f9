from django.db import migrations


class Migration(migrations.Migration):
    """Which answer a candidate is of is private to its leaf; a digest that anybody can guess told it beside."""

    dependencies = [
        ("governance", "0018_candidates"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="candidate",
            name="answer",
        ),
    ]
