"""The wholesale warehouse: its tables, its sources' contracts and its transforms.

docs/warehouse.md is the contract that they implement.
"""
