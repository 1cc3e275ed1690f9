"""What answers: a model on this machine, an endpoint that speaks OpenAI's protocol, or answers recorded elsewhere."""
