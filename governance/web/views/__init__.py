"""One module for each part of the product: a view reads a request, asks a selector or a service, and draws."""
