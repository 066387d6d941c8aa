"""An Intercom workspace and a model server for one machine: demo, tests, load and fault injection.

A program of its own (`python -m sandbox`): it imports nothing from the platform that it is used to prove.
"""
