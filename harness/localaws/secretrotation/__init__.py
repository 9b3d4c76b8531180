"""Secrets Manager's rotation: the function of a secret is called in its four steps, when it is asked for and when it is due."""
