"""AWS Glue's machine learning transforms, by name: the models that they apply are trained and kept by the Glue service.

Scripts that import them load; using one raises `awsglue.exceptions.NotSupportedError`, which says so.
"""
