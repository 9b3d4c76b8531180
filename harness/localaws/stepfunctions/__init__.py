"""Step Functions: state machines interpreted, their tasks done by the endpoint's own services."""
