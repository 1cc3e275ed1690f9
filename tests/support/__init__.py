"""What the tests stand on: environment, servers, deployments, browser."""
