"""Terraform as the project runs it: where it is found, the folders it works in, and the local environment from up to gone."""
