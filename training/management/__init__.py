"""Commands about training and what it rests on."""
